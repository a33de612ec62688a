"""Reads a configuration: a TOML file shaped like ringout.config.Config, and RINGOUT_* variables over it.

Every mistake is found in one reading and says its line (or its variable), what is wrong and what to write instead.
A variable is named after the setting: `[http] port` is RINGOUT_HTTP_PORT, `data_dir` is RINGOUT_DATA_DIR, lists are
separated by commas. What stands in a list goes by its own name: RINGOUT_TRUNKS_CARRIER_PASSWORD is `password` of the
trunk "carrier". Relative paths in the file count from the file's directory.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from ringout.config import Config
from ringout.config_agreement import agreement_complaints
from ringout.config_hints import near_setting, setting_words
from ringout.config_rules import value_complaints
from ringout.toml_lines import KeyPath, TomlLines

# What `ringout call` and its sisters read; not settings of the server.
CLIENT_VARIABLES = frozenset(
    f"RINGOUT_{name}"
    for name in (
        *("URL", "CLIENT_ID", "CLIENT_SECRET", "JWT", "USERNAME", "EXTENSION", "PASSWORD", "CONFIG"),
        *("ADMIN_URL", "ADMIN_CLIENT_ID", "ADMIN_CLIENT_SECRET"),
    )
)

_WORDS: dict[Any, tuple[str, str]] = {
    str: ("text", 'text in quotes, e.g. "abc"'),
    int: ("a whole number", "a whole number without quotes, e.g. 10"),
    float: ("a number", "a number without quotes, e.g. 2.5"),
    bool: ("true or false", "true or false without quotes"),
    Path: ("a path", 'a path in quotes, e.g. "/var/lib/ringout"'),
}
_NOT_TOML = 'name = value, with text in "quotes", and [table] or [[table]] alone on a line'
_NAMED_BY = {
    "trunks": "name",
    "rtpengine": "name",
    "extensions": "extension",
    "devices": "username",
    "clients": "client_id",
    "rates": "prefix",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to put right. where: file:line, the file alone, or the environment variable; setting: dotted path."""

    where: str
    setting: str
    what: str
    instead: str

    def __str__(self) -> str:
        setting = f"{self.setting}: " if self.setting else ""
        return f"{self.where}: {setting}{self.what}. Write {self.instead}."


class ConfigMistakes(Exception):
    """The configuration cannot be used. mistakes: all of them, in the order of the file."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def load_config(file: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration of that file (None = defaults only) with the environment over it. Raises ConfigMistakes."""
    text, tree = _read(file) if file else ("", {})
    reading = _Reading(file, TomlLines(text))
    reading.overlay(tree, environ)
    config = reading.build(Config, tree, ())
    complained = reading.complained.copy()
    for path, what, instead in agreement_complaints(config):
        if path not in complained:
            reading.complain(path, what, instead)
    if reading.mistakes:
        raise ConfigMistakes([mistake for _, mistake in sorted(reading.mistakes, key=lambda found: found[0])])
    assert isinstance(config, Config)
    return config


def _read(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = file.read_bytes().decode()
        return text, tomllib.loads(text)
    except OSError as error:
        what, where = f"cannot be read ({error.strerror})", str(file)
        instead = "the path of a configuration file; examples/ringout.toml is a commented one"
    except UnicodeDecodeError as error:
        what, where = f"is not UTF-8 at byte {error.start}", str(file)
        instead = "it in UTF-8"
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"\(at line (\d+)", str(error))
        where = f"{file}:{line[1]}" if line else f"{file}:{len(text.splitlines()) or 1}"
        why = re.sub(r" \(at .*\)$", "", str(error))
        what, instead = f"{why} (this is not TOML)", _NOT_TOML
        if why.startswith(("Cannot overwrite", "Cannot declare")):
            what, instead = "the same name stands above already", "each setting once, and [[table]] for one more table"
    raise ConfigMistakes([Mistake(where, "", what, instead)])


class _Reading:
    """One reading of a file and environment; collects the mistakes."""

    def __init__(self, file: Path | None, lines: TomlLines) -> None:
        self.mistakes: list[tuple[int, Mistake]] = []
        self.complained: set[KeyPath] = set()
        self._file = file
        self._lines = lines
        self._variables: dict[KeyPath, str] = {}

    def complain(self, path: KeyPath, what: str, instead: str) -> None:
        self.complained.add(path)
        line = self._lines.line_of(path)
        if path in self._variables:
            line, where = None, self._variables[path]
        elif line:
            where = f"{self._file}:{line}"
        else:
            where = str(self._file or "configuration")
        setting = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
        self.mistakes.append((line or 1 << 30, Mistake(where, setting, what, instead)))

    def overlay(self, tree: dict[str, Any], environ: Mapping[str, str]) -> None:
        """Puts the values of RINGOUT_* into the tree, as text converted to each setting's type."""
        known = settings(Config, tree)
        for name in sorted(environ):
            if name in known:
                path, hint = known[name]
                self._variables[path] = name
                _put(tree, path, _from_text(environ[name], hint))
            elif name.startswith("RINGOUT_") and name not in CLIENT_VARIABLES:
                near = difflib.get_close_matches(name, known, 1, 0.88)
                if near:
                    self.mistakes.append((1 << 30, Mistake(name, "", "is no setting", f"{near[0]}, or unset it")))

    def build(self, kind: type, table: Any, path: KeyPath) -> Any:
        """An object of that dataclass from a table; settings with mistakes keep their default."""
        if not isinstance(table, dict):
            name = ".".join(part for part in path if isinstance(part, str))
            self.complain(path, "must be a table", f"[{name}] alone on a line and its settings below it")
            table = {}
        hints = get_type_hints(kind)
        meant = {}
        for key in table:
            if key not in hints:
                near = meant[key] = near_setting(key, hints)
                named = [part for part in path if isinstance(part, str)]
                self.complain((*path, key), "is no setting", setting_words(key, hints, near, named, Config))
                self.complained.add(path)  # whatever else is missing in this table may be meant by that
        values: dict[str, Any] = {}
        for spec in fields(kind):
            here = (*path, spec.name)
            if spec.name in table:
                values[spec.name] = self._convert(table[spec.name], hints[spec.name], here, spec.default)
            elif spec.default is MISSING and spec.default_factory is MISSING:
                if spec.name not in meant.values():
                    self.complain(path, f"{spec.name} is missing", f"{spec.name} = ... in this table")
                self.complained.add(here)
                values[spec.name] = () if get_origin(hints[spec.name]) is tuple else ""
        return kind(**values)

    def _convert(self, value: Any, hint: Any, path: KeyPath, default: Any) -> Any:
        kind = _without_none(hint)
        if isinstance(kind, type) and is_dataclass(kind):
            return self.build(kind, value, path)
        if get_origin(kind) is tuple and is_dataclass(item := get_args(kind)[0]):
            assert isinstance(item, type)
            if not isinstance(value, list):
                name = ".".join(part for part in path if isinstance(part, str))
                self.complain(path, "must be a list of tables", f"[[{name}]] above the settings of each")
                return ()
            return tuple(self.build(item, table, (*path, position)) for position, table in enumerate(value))
        converted, problem = _scalar(value, kind)
        if problem:
            if path[-1] in ("password", "client_secret"):
                problem = ("is not text", problem[1])
            self.complain(path, *problem)
            return () if default is MISSING and get_origin(kind) is tuple else "" if default is MISSING else default
        if isinstance(converted, Path) and self._file and path not in self._variables:
            converted = self._file.parent / converted.expanduser()
        rule = ".".join(part for part in path if isinstance(part, str))
        complaints = list(value_complaints(rule, path, converted))
        for complaint in complaints:
            self.complain(*complaint)
        return converted if not complaints or default is MISSING else default


def _scalar(value: Any, kind: Any) -> tuple[Any, tuple[str, str] | None]:
    """The value as that type, or what is wrong with it."""
    if get_origin(kind) is tuple:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value), None
        instead = 'a list in brackets, e.g. ["a", "b"]'
        if isinstance(value, str):
            instead = f"[{_shown(value)}]"
        elif isinstance(value, list):
            instead = "each text of it in quotes"
        return None, (f"{_shown(value)} is not a list of texts", instead)
    if kind is Path and isinstance(value, str) and value:
        return Path(value), None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value), None
    if type(value) is kind and value == value:
        return value, None
    word, instead = _WORDS[kind]
    if kind is str and type(value) in (int, float):
        instead = f'"{value}", in quotes'
    elif kind in (int, float) and isinstance(value, str) and type(_from_text(value, kind)) is kind:
        instead = f"{value.strip()}, without quotes"
    return None, (f"{_shown(value)} is not {word}", instead)


def _shown(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _without_none(hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        return next(option for option in get_args(hint) if option is not types.NoneType)
    return hint


def settings(kind: type, tree: Any, path: KeyPath = (), name: str = "RINGOUT") -> dict[str, tuple[KeyPath, Any]]:
    """Variable -> (path, type) of every single setting; those in lists once for each named table of the tree."""
    found: dict[str, tuple[KeyPath, Any]] = {}
    for key, hint in get_type_hints(kind).items():
        inner, here, variable = _without_none(hint), (*path, key), _variable(name, key)
        below = tree.get(key) if isinstance(tree, dict) else None
        if isinstance(inner, type) and is_dataclass(inner):
            found |= settings(inner, below, here, variable)
        elif get_origin(inner) is tuple and is_dataclass(item := get_args(inner)[0]):
            assert isinstance(item, type)
            for position, table in enumerate(below if isinstance(below, list) else ()):
                if isinstance(table, dict) and (label := table.get(_NAMED_BY[key])):
                    found |= settings(item, table, (*here, position), _variable(variable, str(label)))
        else:
            found[variable] = (here, inner)
    return found


def _variable(*words: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", "_".join(words).upper())


def _put(tree: dict[str, Any], path: KeyPath, value: Any) -> None:
    node: Any = tree
    for part in path[:-1]:
        node = node[part] if isinstance(part, int) else node.setdefault(part, {})
        if not isinstance(node, dict | list):
            break
    if isinstance(node, dict):  # else the file has something where a table belongs, which building complains about
        node[path[-1]] = value


def _from_text(text: str, kind: Any) -> Any:
    """A variable's text as TOML would have given it; text that does not fit stays text and is complained about."""
    if get_origin(kind) is tuple:
        return [item.strip() for item in text.split(",") if item.strip()]
    if kind is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            return text
    return text
