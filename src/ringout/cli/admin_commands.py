"""Makes a command of every operation of the administration: its options are the fields of the operation's body."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import msgspec
from cyclopts import Parameter, Token

from ringout.cli.admin_backend import Call, carry_out
from ringout.cli.admin_show import is_secret, read_secret, show, show_json
from ringout.cli.config_check import default_file, read_config
from ringout.cli.failures import OK, USAGE, CommandFailed
from ringout.service.administration.operations import OPERATIONS, AdminOperation
from ringout.service.administration.parts import ONLY

_P = inspect.Parameter
_NAMES = {
    "user": "Extension number, or id.",
    "client": "Client id.",
    "number": "The number in E.164, or its id.",
    "phone": "As the list shows it: a number, SIP address or device's user name; or its id.",
    "jwt": "Id of the JWT, as the list shows it.",
    "device": "The device's user name, or its id.",
    "prefix": "E.164 prefix, e.g. +1900.",
}

ConfigOption = Annotated[
    Path | None, Parameter(name="--config", env_var="RINGOUT_CONFIG", help="TOML file that names the data directory.")
]
JsonOption = Annotated[bool, Parameter(name="--json", negative=(), help="Print one line of JSON, no more.")]
_Url = Annotated[
    str | None,
    Parameter(
        name="--url",
        help="Administration of a running server; default: RINGOUT_ADMIN_URL, else by the configuration.",
    ),
]
_Account = Annotated[str, Parameter(name="--account", help="Id of the account; needed where there are several.")]


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a body or a query on the command line. name: in JSON; kind: str, int, bool or list[str]."""

    name: str
    parameter: str
    kind: Any
    description: str
    is_required: bool
    is_secret: bool

    @property
    def option(self) -> str:
        return "--" + re.sub(r"([A-Z])", lambda found: f"-{found[1].lower()}", self.name)


def commands() -> dict[tuple[str, str], Callable[..., int]]:
    """A function for every operation, by its words."""
    return {operation.command: _command(operation) for operation in OPERATIONS}


def _command(operation: AdminOperation) -> Callable[..., int]:
    fields = _fields(operation)

    def command(*words: Any, **options: Any) -> int:
        config = read_config(options.pop("config", None) or default_file())
        as_json, url = options.pop("json", False), options.pop("url", None)
        names = {name: words[position] for position, name in enumerate(_names(operation))}
        if "{account}" in operation.path:
            names["account"] = options.pop("account", ONLY)
        required = [field.parameter for field in fields if field.is_required]
        given = dict(zip(required, words[len(_names(operation)) :], strict=True)) | options
        sent = _sent(operation, fields, given)
        if operation.method == "PATCH" and not sent:
            help_ = f"ringout admin {' '.join(operation.command)} --help"
            raise CommandFailed(f"nothing to change: `{help_}` lists what can be.", USAGE)
        found = carry_out(Call(operation, names, sent), config, url)
        if as_json:
            show_json(found)
        else:
            show(operation, found)
        return OK

    parameters = list(_parameters(operation, fields))
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = operation.summary
    command.__name__ = "_".join(operation.command).replace("-", "_")
    return command


def _names(operation: AdminOperation) -> list[str]:
    """The names of the path that come as words; the account is an option."""
    return [name for name in re.findall(r"\{(\w+)\}", operation.path) if name != "account"]


def _fields(operation: AdminOperation) -> list[_Field]:
    struct = operation.body or operation.query
    return [_field(field) for field in msgspec.structs.fields(struct)] if struct else []


def _field(field: msgspec.structs.FieldInfo) -> _Field:
    hint = field.type
    if get_origin(hint) is not Annotated:  # a union with UNSET
        hint = next(option for option in get_args(hint) if get_origin(option) is Annotated)
    inner, *marks = get_args(hint)
    description = next(mark.description for mark in marks if isinstance(mark, msgspec.Meta))
    kind = inner if inner in (bool, int) else list[str] if get_origin(inner) is tuple else str
    return _Field(field.encode_name, field.name, kind, description or "", field.required, is_secret(hint))


def _parameters(operation: AdminOperation, fields: Iterable[_Field]) -> Iterable[inspect.Parameter]:
    for name in _names(operation):
        yield _P(name, _P.POSITIONAL_ONLY, annotation=Annotated[str, Parameter(help=_NAMES[name])])
    for field in fields:
        if field.is_required:
            described = Parameter(
                help=field.description, allow_leading_hyphen=field.kind is int, converter=_converter(field)
            )
            yield _P(field.parameter, _P.POSITIONAL_ONLY, annotation=Annotated[field.kind, described])
    for field in fields:
        if not field.is_required and not (field.is_secret and operation.asks):
            yield _option(field)
    if "{account}" in operation.path:
        yield _P("account", _P.KEYWORD_ONLY, default=ONLY, annotation=_Account)
    yield _P("json", _P.KEYWORD_ONLY, default=False, annotation=JsonOption)
    yield _P("config", _P.KEYWORD_ONLY, default=None, annotation=ConfigOption)
    yield _P("url", _P.KEYWORD_ONLY, default=None, annotation=_Url)


def _option(field: _Field) -> inspect.Parameter:
    kind: Any
    if field.is_secret:
        kind = bool
        described = Parameter(
            name=f"--ask-{field.option[2:]}", negative=(), help="Asks for it, or reads a line of standard input."
        )
    elif field.kind is bool:
        kind = bool
        described = Parameter(name=field.option, negative=f"--no-{field.option[2:]}", help=field.description)
    else:
        kind = field.kind
        described = Parameter(
            name=field.option,
            negative=(),
            help=field.description,
            consume_multiple=kind == list[str] or None,
            converter=_converter(field),
        )
    return _P(field.parameter, _P.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, described])


def _converter(field: _Field) -> Callable[[Any, Sequence[Token]], int] | None:
    return _whole_number if field.kind is int else None


def _whole_number(_kind: Any, tokens: Sequence[Token]) -> int:
    """Digits alone: cyclopts itself rounds 1.5 to 2, which is money. Raises ValueError."""
    text = tokens[0].value
    if not re.fullmatch(r"[+-]?[0-9]{1,30}", text):
        raise ValueError(f"{text} is no whole number.")
    return int(text)


def _sent(operation: AdminOperation, fields: Iterable[_Field], given: dict[str, Any]) -> dict[str, Any]:
    """The body or query in JSON names, without what was not given."""
    sent: dict[str, Any] = {}
    for field in fields:
        value = given.get(field.parameter)
        if field.is_secret:
            if value or (operation.asks and not given.get("generate")):
                sent[field.name] = read_secret(field.name)
        elif value is not None:
            sent[field.name] = _words(value) if field.kind == list[str] else value
    return sent


def _words(texts: Iterable[str]) -> list[str]:
    """Several may stand in one word, with blanks or commas between them; a comma in a URI is part of it."""
    return [
        part for text in texts for word in text.split() for part in ([word] if ":" in word else word.split(",")) if part
    ]
