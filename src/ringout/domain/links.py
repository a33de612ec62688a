"""Links that stand for a phone number: what is to be dialled, and what only after the answer.

Read are `tel:` (RFC 3966, with `;postd=` of RFC 2806 and the forms without + that pages are full of), `rcmobile:`,
`rcapp:`, `callto:`, `sip:` with a number for its user, the universal links `https://SERVER/dial?number=` (ours) and
`https://SERVER/r/call?number=` (RingCentral's), and a number alone. Whatever could mean two
things, or hides something behind the number, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from ringout.domain import emergency, phone
from ringout.domain.emergency import Emergency

LONGEST_LINK = 512
LONGEST_POST_DIAL = 64
PAUSE = ","

TOO_LONG = "The link is too long."
CONTROL_CHARACTERS = "The link has control characters in it."
BAD_ESCAPE = "The link has a broken percent-escape in it."
NO_NUMBER = "The link does not name one phone number."
BAD_NUMBER = "No country has such a phone number."
OTHER_NETWORK = "The number holds only in a network that is not this one."
BAD_EXTENSION = "The extension after the number cannot be one."
BAD_POST_DIAL = "What follows the number cannot be dialled."
LONG_POST_DIAL = "Too many digits follow the number."
BAD_PARAMETER = "The link has a parameter that cannot be one, or one of them twice."

_LONGEST_SHORT_NUMBER = 6  # what is longer is nobody's extension
_MOST_DIGITS_FOR_HELP = 12  # see emergency
_MOST_PARAMETERS = 16
_NANP_WITHOUT_AREA_CODE = 7

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):(.*)")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NOT_DIGITS = re.compile(r"[^0-9]")
# The number, an extension as `*101`, `x101` or `ext. 101`, and what is to be dialled after the answer. No character may
# belong to two of them, so that matching takes no longer than reading.
_WRITTEN = re.compile(
    r"(?P<number>[+0-9 ().\-/]+)"
    r"(?:(?:\*|x|ext(?:ension)?[.:]?) *(?P<extension>[0-9][0-9 .\-()]*))?"
    r"(?P<post_dial>[,pw].*)?",
    re.ASCII | re.IGNORECASE,
)
_POST_DIAL = re.compile(r"[0-9*#A-D,;pw .()\-/]*", re.ASCII | re.IGNORECASE)
_AFTER_WAIT = re.compile(r"[0-9*#,pw][^=]*|", re.ASCII | re.IGNORECASE)
_SEPARATORS = re.compile(r"[ .()\-/]")
_PAUSES = str.maketrans({";": PAUSE, "p": PAUSE, "P": PAUSE, "w": PAUSE, "W": PAUSE})
_PARAMETER_NAME = re.compile(r"[A-Za-z0-9\-]+", re.ASCII)
_EXTENSION = re.compile(r"[0-9]{1,10}", re.ASCII)
_SUBADDRESS = re.compile(r"[!-:<-~]{1,40}", re.ASCII)
_GLOBAL_CONTEXT = re.compile(r"\+[0-9][0-9.()\-]*", re.ASCII)
_SIP = re.compile(r"([^@:?]+)@(?:[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:;[^?]*)?", re.ASCII)
_LEADING_PLUS = re.compile(r"(?:[ (]|%20|%28)*\+")
_ESCAPED_PLUS = re.compile(r"%2[Bb]")
_MOBILE_APP = re.compile(r"(?://)?call/?\?(.*)")
_DESKTOP_APP = re.compile(r"//r/(?:call|dialer)/?\?(.*)")
# Ours, and RingCentral's https://app.ringcentral.com/r/call under whatever name it is sold.
_UNIVERSAL = re.compile(r"//[^/?@]+(?:/[^?]*)?/(?:dial|r/call|r/dialer)/?\?(.*)")


class NotDialable(ValueError):
    """why: one of the sentences above, which repeat nothing of the link."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Link:
    """number: E.164 with +, or the bare digits of a short number (an extension, an emergency number), which means
    something in the account alone. extension: digits, at that number. post_dial: of 0-9 * # A-D and PAUSE, at most
    LONGEST_POST_DIAL. subaddress: of ISDN, which RingOut cannot signal."""

    number: str
    extension: str | None = None
    post_dial: str = ""
    subaddress: str | None = None

    @property
    def phone_number(self) -> str:
        """What a RingOut takes for `to.phoneNumber`."""
        return self.number if self.extension is None else f"{self.number}*{self.extension}"


def parse(text: str, country: str) -> Link:
    """country: ISO 3166, in which numbers without + and without phone-context are read. Raises NotDialable."""
    text = text.strip(" ")
    if len(text) > LONGEST_LINK:
        raise NotDialable(TOO_LONG)
    if _CONTROL.search(text):
        raise NotDialable(CONTROL_CHARACTERS)
    split = _SCHEME.fullmatch(text)
    if split is None:
        return _read(text.split(";"), country.upper())
    read = _READERS.get(split[1].lower())
    if read is None:
        raise NotDialable(NO_NUMBER)
    return read(split[2], country.upper())


# --- the kinds of links ----------------------------------------------------------------------------------------------


def _tel(rest: str, country: str) -> Link:
    if rest.startswith("//"):  # which many write
        rest = rest[2:].rstrip("/")
    return _read(_parts(rest), country)


def _callto(rest: str, country: str) -> Link:
    split = _SCHEME.fullmatch(rest)  # callto:tel:+1...
    if split is None:
        return _tel(rest, country)
    read = {"tel": _tel, "sip": _sip}.get(split[1].lower())
    if read is None:
        raise NotDialable(NO_NUMBER)
    return read(split[2], country)


def _sip(rest: str, country: str) -> Link:
    """The user of a SIP URI as a telephone-subscriber (RFC 3261 section 19.1.6). Headers, which could ask for far more
    than a call, and passwords are refused."""
    found = _SIP.fullmatch(rest)
    if found is None:
        raise NotDialable(NO_NUMBER)
    link = _read(_parts(found[1]), country)
    if not link.number.startswith("+"):
        raise NotDialable(OTHER_NETWORK)
    return link


def _in_query(pattern: re.Pattern[str]) -> Callable[[str, str], Link]:
    def read(rest: str, country: str) -> Link:
        found = pattern.fullmatch(rest)
        if found is None:
            raise NotDialable(NO_NUMBER)
        return _read(_field(found[1]).split(";"), country)

    return read


def _field(query: str) -> str:
    """The query's field `number`, decoded."""
    query, hash_mark, fragment = query.partition("#")
    fields = query.split("&")
    values = [value for name, equals, value in (field.partition("=") for field in fields) if name == "number"]
    if len(values) != 1 or len(fields) > _MOST_PARAMETERS:
        raise NotDialable(NO_NUMBER)
    written = values[0]
    if hash_mark:
        # The key that ends most post-dial digits begins a fragment when nobody escapes it.
        if not fields[-1].startswith("number=") or not _POST_DIAL.fullmatch(fragment):
            raise NotDialable(BAD_POST_DIAL)
        written += hash_mark + fragment
    if "+" in written:
        # What nobody escaped is the number's own + when it leads, and a form's blank elsewhere.
        leading = _LEADING_PLUS.match(written)
        kept = leading.end() if leading and not _ESCAPED_PLUS.search(written) else 0
        written = written[:kept] + written[kept:].replace("+", " ")
    return _decoded(written)


_READERS: dict[str, Callable[[str, str], Link]] = {
    "tel": _tel,
    "callto": _callto,
    "sip": _sip,
    "sips": _sip,
    "rcmobile": _in_query(_MOBILE_APP),
    "rcapp": _in_query(_DESKTOP_APP),
    "http": _in_query(_UNIVERSAL),
    "https": _in_query(_UNIVERSAL),
}
SCHEMES = tuple(_READERS)


def _parts(written: str) -> list[str]:
    """The number and its parameters, each decoded. A link that is escaped as a whole is decoded as a whole."""
    if "%" not in written:
        return written.split(";")
    if ";" in written:
        return [_decoded(part) for part in written.split(";")]
    return _decoded(written).split(";")


def _decoded(written: str) -> str:
    """Without its percent-escapes, undone once."""
    if "%" not in written:
        return written
    if _BROKEN_ESCAPE.search(written):
        raise NotDialable(BAD_ESCAPE)
    try:
        text = unquote_to_bytes(written).decode()
    except UnicodeDecodeError:
        raise NotDialable(BAD_ESCAPE) from None
    if _CONTROL.search(text):
        raise NotDialable(CONTROL_CHARACTERS)
    return text


# --- the number and what follows it ----------------------------------------------------------------------------------


def _read(parts: Sequence[str], country: str) -> Link:
    """parts: the number, then its parameters; decoded."""
    found = _WRITTEN.fullmatch(phone.plain(parts[0]))
    if found is None:
        raise NotDialable(NO_NUMBER)
    post_dial = found["post_dial"] or ""
    given: dict[str, str] = {}
    if len(parts) > 1:
        given, waits = _parameters(parts[1:])
        post_dial += given.get("postd", "") + waits
    extension = _one_extension(found["extension"], given.get("ext"))
    number = _number(found["number"], given.get("phone-context"), country)
    if extension is not None and not number.startswith("+"):
        raise NotDialable(BAD_EXTENSION)
    subaddress = given.get("isub")
    if subaddress is not None and not _SUBADDRESS.fullmatch(subaddress):
        raise NotDialable(BAD_PARAMETER)
    return Link(number, extension, clean_post_dial(post_dial) if post_dial else "", subaddress)


def clean_post_dial(text: str) -> str:
    """Digits to send after the answer, as Link has them: without separators, every sign for waiting a PAUSE, and none
    at the end. Raises NotDialable."""
    if not _POST_DIAL.fullmatch(text):
        raise NotDialable(BAD_POST_DIAL)
    keys = _SEPARATORS.sub("", text).translate(_PAUSES).upper().rstrip(PAUSE)
    if len(keys) > LONGEST_POST_DIAL:
        raise NotDialable(LONG_POST_DIAL)
    return keys


def _parameters(parts: Sequence[str]) -> tuple[dict[str, str], str]:
    """Those of RFC 3966 by their names in lower case, and what follows a `;` that phones take for a wait."""
    given: dict[str, str] = {}
    if len(parts) > _MOST_PARAMETERS:
        raise NotDialable(BAD_PARAMETER)
    for at, part in enumerate(parts):
        if _AFTER_WAIT.fullmatch(part):
            return given, ";" + ";".join(parts[at:])
        name, _, value = part.partition("=")
        name = name.lower()
        # RFC 3966 section 5.4: without knowing what begins with m- nobody may use the link; the others may be ignored.
        if not _PARAMETER_NAME.fullmatch(name) or name in given or name.startswith("m-"):
            raise NotDialable(BAD_PARAMETER)
        given[name] = value
    return given, ""


def _one_extension(written: str | None, parameter: str | None) -> str | None:
    if written is not None and parameter is not None:
        raise NotDialable(BAD_EXTENSION)
    given = parameter if written is None else written
    if given is None:
        return None
    digits = _SEPARATORS.sub("", given)
    if not _EXTENSION.fullmatch(digits):
        raise NotDialable(BAD_EXTENSION)
    return digits


def _number(written: str, context: str | None, country: str) -> str:
    """written: matches _WRITTEN; context: of `;phone-context`."""
    digits = _NOT_DIGITS.sub("", written)
    if not digits:
        raise NotDialable(NO_NUMBER)
    if "+" not in written:
        if context is not None:
            return _in_context(digits, context)
        if len(digits) <= _LONGEST_SHORT_NUMBER or _calls_for_help(digits, country):
            return digits
    try:
        return phone.parse(written, country).e164
    except ValueError:
        raise NotDialable(BAD_NUMBER) from None


def _calls_for_help(digits: str, country: str) -> bool:
    """Then they are left as they are, so that whoever judges the call sees what was dialled."""
    short = len(digits) <= _MOST_DIGITS_FOR_HELP
    return short and emergency.meaning(digits, country, country) is not Emergency.NO


def _in_context(digits: str, context: str) -> str:
    """A local number in its context (RFC 3966 section 5.1.5). A context of digits says where the number is dialled;
    only by chance does it complete the number."""
    if not _GLOBAL_CONTEXT.fullmatch(context):
        # Whose numbers these are only that network knows; ours with the same digits reach somebody else.
        raise NotDialable(OTHER_NETWORK)
    prefix = _NOT_DIGITS.sub("", context)
    code = next((prefix[:n] for n in (1, 2, 3) if int(prefix[:n]) in COUNTRY_CODE_TO_REGION_CODE), None)
    if code == "1" and len(prefix) >= 4 and len(digits) == _NANP_WITHOUT_AREA_CODE:
        prefix = prefix[:4]
    if code is not None and len(digits) > _LONGEST_SHORT_NUMBER:
        # A trunk prefix begins a national number, which is whole without the context's digits.
        prefixes = (code, prefix) if digits.startswith("0") else (prefix, code)
        for known in prefixes:
            try:
                return phone.parse(f"+{known}{digits}", "ZZ").e164
            except ValueError:
                continue
    raise NotDialable(BAD_NUMBER)
