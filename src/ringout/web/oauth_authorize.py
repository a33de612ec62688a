"""GET and POST /restapi/oauth/authorize: the login page, the question for consent, and the way back.

Works without JavaScript. The whole request travels in the form; a token binds the form to the browser's cookie.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from ringout.domain import scopes as permissions
from ringout.domain.errors import GrantRefused, Unavailable
from ringout.service.authorization import AuthorizationRequest, SentBack, Step
from ringout.service.browser_logins import BrowserLogin
from ringout.web.api import Api, Operation
from ringout.web.errors import UnsupportedMediaType
from ringout.web.login_pages import language_of, page, place_of
from ringout.web.message import NO_STORE, Answer, Request
from ringout.web.oauth import FORM, described, read_form
from ringout.web.oauth_bodies import AuthorizeForm, AuthorizeQuery
from ringout.web.texts import translate

_LONGEST_REQUEST = 12_000
_FORMS_WITH = {"sign_in": ("sign_in",), "allow": ("consent",), "other": ("consent",), "deny": ("sign_in", "consent")}
_WRONG = "The phone number, e-mail address, extension or password is not right."
_LOCKED = "There were too many failed attempts to sign in. Wait some minutes, then try again."
_BUSY = "Too many people are signing in at the moment. Try again in a few seconds."
_STALE = "The page was open for too long, or was not opened here. Please try again."
_NOT_KNOWN = "The application that sent you here is not known, or asks for something impossible. It was told nothing."


async def show(api: Api, request: Request) -> Answer:
    """The beginning: the application has sent the browser here."""
    return await _answer(api, request, request.scope["query_string"], None)


async def send(api: Api, request: Request) -> Answer:
    """A form of ours, or the beginning in the shape of a form."""
    if request.media_type != FORM:
        raise UnsupportedMediaType
    body = await request.body()
    form = {name: _clean(value) for name, value in read_form(body, "surrogateescape").items()}
    if "step" not in form:
        return await _answer(api, request, body, None)
    return await _answer(api, request, form.get("request", "").encode("ascii", "replace"), form)


async def _answer(api: Api, request: Request, raw: bytes, form: dict[str, str] | None) -> Answer:
    """raw: the authorization request, form-encoded. form: what the user has filled in, None = nothing yet."""
    try:
        visit = _Visit(api, request, _parameters(raw))
        return _begin(visit) if form is None else await _step(visit, form)
    except SentBack as back:
        return _redirect(back.location)
    except GrantRefused as refused:
        if "text/html" not in request.header(b"accept"):
            raise  # a program gets the envelope
        language = language_of("", request.header(b"accept-language"))
        said, _ = translate(refused.why, refused.places, language)
        return page("error", language, 400, problem=_NOT_KNOWN, why=f"{refused.code}: {said}")


class _Visit:
    """One request of a browser. Raises what Authorization.read raises.

    text: the authorization request, form-encoded; cookie: "" = a browser without one."""

    def __init__(self, api: Api, request: Request, given: dict[str, str]) -> None:
        self.authorization = api.services.authorization
        home = request.base_url(api.public_url)
        self.asked: AuthorizationRequest = self.authorization.read(given, f"{home}/")
        self.request = request
        self.login_hint = given.get("login_hint", "")
        self.language = language_of(given.get("ui_locales", ""), request.header(b"accept-language"))
        self.text = urlencode(given, errors="surrogateescape")
        base = urlsplit(home)
        self._path = base.path
        self._is_secure = base.scheme == "https"
        self._cookie_name = "__Host-ringout_login" if self._is_secure else "ringout_login"
        self.cookie = self._read_cookie()
        self._fresh_cookie = ""

    def _read_cookie(self) -> str:
        """Only for a page that the user is going to see: a script of another page may not act in the user's name."""
        mode = self.request.header(b"sec-fetch-mode")
        if mode not in ("", "navigate") or (self.request.method == "GET" and self.request.header(b"origin")):
            return ""
        for part in self.request.header(b"cookie").split(";"):
            name, _, value = part.strip().partition("=")
            if name == self._cookie_name:
                return value
        return ""

    @property
    def login(self) -> BrowserLogin | None:
        return self.authorization.browsers.find(self.cookie)

    def is_own_form(self, form: dict[str, str]) -> bool:
        """Whether this browser has got that form from us, for this very request, with the button that was pressed."""
        if self.request.header(b"sec-fetch-site") not in ("", "same-origin"):
            return False
        shown = form.get("form_token", "")
        return any(
            self.authorization.browsers.is_form_token(shown, self.cookie, self._form(template))
            for template in _FORMS_WITH.get(form["step"], ())
        )

    def _form(self, template: str) -> str:
        """What a form's token stands for. The permissions too, which a request that names none takes from the client:
        there must not be more of them than the user has seen."""
        return f"{template} {' '.join(self.asked.scopes)} {self.text}"

    def give_cookie(self, cookie: str) -> None:
        self.cookie = self._fresh_cookie = cookie

    def page(self, template: str, status: int = 200, **values: object) -> Answer:
        """A page with a form that belongs to this visit."""
        if not self.cookie:
            self.give_cookie(self.authorization.browsers.new_cookie())
        answer = page(
            template,
            self.language,
            status,
            self.asked.redirect_uri,
            action=f"{self._path}/restapi/oauth/authorize",
            app=self.asked.client.name or self.asked.client.client_id,
            request=self.text,
            form_token=self.authorization.browsers.form_token(self.cookie, self._form(template)),
            **values,
        )
        return self.with_cookie(answer)

    def with_cookie(self, answer: Answer) -> Answer:
        if not self._fresh_cookie:
            return answer
        # Lax and not Strict: the first visit comes from the application's page. Forms of other sites carry no cookie.
        path = "/" if self._is_secure else f"{self._path}/restapi/oauth"
        cookie = f"{self._cookie_name}={self._fresh_cookie}; Path={path}; HttpOnly; SameSite=Lax"
        secure = "; Secure" if self._is_secure else ""
        return Answer(answer.status, answer.body, (*answer.headers, (b"set-cookie", f"{cookie}{secure}".encode())))


def _begin(visit: _Visit) -> Answer:
    return _go_on(visit, visit.login, is_fresh=False)


def _go_on(visit: _Visit, login: BrowserLogin | None, *, is_fresh: bool) -> Answer:
    step = visit.authorization.next_step(visit.asked, login, is_fresh=is_fresh)
    if step is Step.SIGN_IN or login is None:
        return _sign_in_page(visit, visit.login_hint)
    if step is Step.CONSENT:
        return _consent_page(visit, login)
    return visit.with_cookie(_redirect(visit.authorization.allow(visit.asked, login)))


async def _step(visit: _Visit, form: dict[str, str]) -> Answer:
    """What the user has pressed."""
    if not visit.is_own_form(form):
        return _sign_in_page(visit, form.get("username", ""), problem=_STALE, status=400)
    step = form["step"]
    if step == "deny":
        return _redirect(visit.authorization.deny(visit.asked))
    if step == "sign_in":
        return await _sign_in(visit, form)
    login = visit.login
    if step == "allow" and login is not None:
        return _redirect(visit.authorization.allow(visit.asked, login))
    if step == "other":
        visit.authorization.browsers.sign_out(visit.cookie)
    return _sign_in_page(visit, "")


async def _sign_in(visit: _Visit, form: dict[str, str]) -> Answer:
    username, extension = form.get("username", "").strip(), form.get("extension", "")
    address = visit.request.address
    try:
        cookie = await visit.authorization.sign_in(
            visit.asked, visit.cookie, username, extension, form.get("password", ""), address
        )
    except GrantRefused as refused:
        problem, status = (_LOCKED, 429) if refused.code == "OAU-147" else (_WRONG, 400)
        return _sign_in_page(visit, username, extension, problem, status)
    except Unavailable:
        return _sign_in_page(visit, username, extension, _BUSY, 503)
    visit.give_cookie(cookie)
    return _go_on(visit, visit.login, is_fresh=True)


def _sign_in_page(visit: _Visit, username: str, extension: str = "", problem: str = "", status: int = 200) -> Answer:
    return visit.page(
        "sign_in", status, username=username, extension=extension, problem=problem, is_wrong=problem == _WRONG
    )


def _consent_page(visit: _Visit, login: BrowserLogin) -> Answer:
    user = visit.authorization.user(login)
    return visit.page(
        "consent",
        user=f"{user.name} ({user.number})" if user.name else user.number,
        permissions=permissions.in_words(visit.asked.scopes),
        place=place_of(visit.asked.redirect_uri),
    )


def _redirect(location: str) -> Answer:
    return Answer(302, b"", ((b"location", location.encode()), NO_STORE, (b"referrer-policy", b"same-origin")))


def _parameters(raw: bytes) -> dict[str, str]:
    """Those that are described and have a value: SDKs send many empty ones. state keeps bytes that are not UTF-8, as
    surrogates."""
    if len(raw) > _LONGEST_REQUEST:
        raise GrantRefused("invalid_request", "CMN-104", "Cannot parse request")
    given = described(read_form(raw, "surrogateescape"), AuthorizeQuery)
    return {name: value if name == "state" else _clean(value) for name, value in given.items() if value}


def _clean(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


_OPERATION = Operation(
    "authorize",
    show,
    "Asks a user to sign in and to allow the application. Sends the browser back with code, expires_in and state, or "
    "with error and error_description. A wrong client or redirect URI is told here and nowhere else.",
    query=AuthorizeQuery,
    login=False,
    is_page=True,
    redirects=True,
    refusals=(429,),
)
AUTHORIZE = {
    "GET": _OPERATION,
    "POST": Operation(
        "authorize2",
        send,
        "The same with the parameters in the body. The login page's own forms come here, too.",
        body=AuthorizeForm,
        media_type=FORM,
        login=False,
        is_page=True,
        redirects=True,
        refusals=(429,),
    ),
}
