"""The authorization endpoint (RFC 6749 section 4.1): what an application may ask for, and what happens next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote, urlencode

from ringout.domain import scopes as permissions
from ringout.domain.account import Client, Extension, Grant
from ringout.domain.dialer import DIALER
from ringout.domain.errors import GrantRefused
from ringout.service.accounts import Accounts
from ringout.service.browser_logins import BrowserLogin, BrowserLogins
from ringout.service.client_logins import unknown_client
from ringout.service.codes import CODE_SECONDS, Authorized, Challenge, Codes, bad_redirect_uri
from ringout.service.logins import Logins

_LONGEST_STATE = 4096
_LONGEST_NONCE = 512
_URI_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One whose client and redirect URI are good. prompt: the words asked for, empty = the default."""

    client: Client
    redirect_uri: str
    is_uri_named: bool
    state: str
    scopes: tuple[str, ...]
    challenge: Challenge | None
    nonce: str
    prompt: frozenset[str]
    login_hint: str


class SentBack(Exception):
    """The application gets an error at its redirect URI (RFC 6749 section 4.1.2.1). location: the whole URI."""

    def __init__(self, redirect_uri: str, state: str, error: str, why: str) -> None:
        super().__init__(error)
        given = {"error": error, "error_description": why, **({"state": state} if state else {})}
        self.location = _with_query(redirect_uri, given)


_SendBack = Callable[[str, str], SentBack]


class Step(Enum):
    """What the user sees next."""

    SIGN_IN = "sign in"
    CONSENT = "consent"
    DONE = "done"


class Authorization:
    """GET and POST /restapi/oauth/authorize. browsers: the logins that cookies stand for."""

    def __init__(self, accounts: Accounts, logins: Logins, codes: Codes, browsers: BrowserLogins) -> None:
        self._accounts = accounts
        self._logins = logins
        self._codes = codes
        self.browsers = browsers

    def read(self, given: Mapping[str, str], home: str) -> AuthorizationRequest:
        """given: the parameters that have a value; home: the address of the dialer's page. Raises GrantRefused when the
        client or the redirect URI is wrong: then the user must not be sent anywhere. Raises SentBack for all else."""
        client = self._client(given)
        redirect_uri = self._redirect_uri(client, given.get("redirect_uri", ""), home)
        state = given.get("state", "")[:_LONGEST_STATE]

        def send_back(error: str, why: str) -> SentBack:
            return SentBack(redirect_uri, state, error, why)

        if len(given.get("state", "")) > _LONGEST_STATE:
            raise SentBack(redirect_uri, "", "invalid_request", "Parameter [state] value is invalid")
        if Grant.CODE not in client.grants:
            raise send_back("unauthorized_client", "The client is unauthorized for the required grant type: [code]")
        self._check_kind(given, send_back)
        prompt = frozenset(given.get("prompt", "").split())
        if "none" in prompt and len(prompt) > 1:
            raise send_back("invalid_request", "Parameter [prompt] value is invalid")
        scopes = tuple(dict.fromkeys(given.get("scope", "").split()))
        if not permissions.is_allowed(scopes, client.scopes):
            raise send_back("invalid_scope", "Parameter [scope] value is invalid")
        nonce = given.get("nonce", "")
        if len(nonce) > _LONGEST_NONCE or not nonce.isprintable():
            raise send_back("invalid_request", "Parameter [nonce] value is invalid")
        return AuthorizationRequest(
            client=client,
            redirect_uri=redirect_uri,
            is_uri_named="redirect_uri" in given,
            state=state,
            scopes=scopes or permissions.of_users(client.scopes),
            challenge=self._challenge(client, given, send_back),
            nonce=nonce,
            prompt=prompt,
            login_hint=given.get("login_hint", "")[:200],
        )

    def _client(self, given: Mapping[str, str]) -> Client:
        client_id = given.get("client_id", "")
        if not client_id:
            raise GrantRefused("invalid_request", "CMN-100", "Parameter [{parameter}] is mandatory", "client_id")
        client = self._accounts.client(client_id)
        if client is None:
            raise unknown_client(client_id, client_rejected=False)
        return client

    def _redirect_uri(self, client: Client, named: str, home: str) -> str:
        """RFC 6749 section 3.1.2: no other text than one of those registered, and without a fragment. The dialer's is
        this server's own address, wherever that may be."""
        registered = (home,) if client is DIALER else client.redirect_uris
        if not named and len(registered) == 1:
            named = registered[0]
        if named not in registered or "#" in named:
            raise bad_redirect_uri("invalid_request", named)
        return named

    def _check_kind(self, given: Mapping[str, str], send_back: _SendBack) -> None:
        if "response_type" not in given:
            raise send_back("invalid_request", "Parameter [response_type] is mandatory")
        if given["response_type"] != "code":
            raise send_back("unsupported_response_type", "Parameter [response_type] value is invalid")
        if "request" in given:
            raise send_back("request_not_supported", "Parameter [request] is not supported")
        if "request_uri" in given:
            raise send_back("request_uri_not_supported", "Parameter [request_uri] is not supported")

    def _challenge(self, client: Client, given: Mapping[str, str], send_back: _SendBack) -> Challenge | None:
        text, method = given.get("code_challenge", ""), given.get("code_challenge_method", "plain")
        if not text:
            if client.secret_hash is None or "code_challenge_method" in given:
                raise send_back("invalid_request", "Parameter [code_challenge] is mandatory")
            return None
        if method not in ("plain", "S256"):
            raise send_back("invalid_request", "Parameter [code_challenge_method] value is invalid")
        challenge = Challenge(text, method == "S256")
        if not challenge.is_well_formed():
            raise send_back("invalid_request", "Parameter [code_challenge] value is invalid")
        return challenge

    # --- the user's steps ------------------------------------------------------------------------------------------

    def next_step(self, request: AuthorizationRequest, login: BrowserLogin | None, *, is_fresh: bool = False) -> Step:
        """login: of the browser. is_fresh: it was made for this very request. Raises SentBack when the user must not
        be asked and would have to be."""
        prompt = request.prompt
        if login is not None and not is_fresh and not self._fits(login, request):
            login = None
        if "none" in prompt:
            if login is None:
                raise self._refuse(request, "login_required", "The user is not signed in")
            if not self._has_allowed(login, request):
                raise self._refuse(request, "consent_required", "The user has not allowed this yet")
            return Step.DONE
        # The default, "login sso", takes over a login that is there; "login" alone asks for the password again.
        asks_again = not is_fresh and ("select_account" in prompt or ("login" in prompt and "sso" not in prompt))
        if login is None or asks_again:
            return Step.SIGN_IN
        return Step.CONSENT if "consent" in prompt or not self._has_allowed(login, request) else Step.DONE

    async def sign_in(
        self, request: AuthorizationRequest, cookie: str, username: str, extension: str, password: str, address: str
    ) -> str:
        """The cookie of the new login, in the place of the browser's. Raises GrantRefused (OAU-140, OAU-147) or
        Unavailable."""
        found = await self._logins.check(request.client, username, extension, password, address)
        return self.browsers.sign_in(found, cookie)

    def user(self, login: BrowserLogin) -> Extension:
        return self._accounts.extension(login.extension_id)

    def allow(self, request: AuthorizationRequest, login: BrowserLogin) -> str:
        """The user agrees, or has agreed before: where to send the browser, with the code."""
        client = request.client
        login.consents[client.client_id] = login.consents.get(client.client_id, frozenset()) | set(request.scopes)
        code = self._codes.issue(
            Authorized(
                client_id=client.client_id,
                extension_id=login.extension_id,
                scopes=request.scopes,
                redirect_uri=request.redirect_uri,
                is_uri_named=request.is_uri_named,
                challenge=request.challenge,
                nonce=request.nonce,
                signed_in_at=login.signed_in_at,
                password_hash=login.password_hash,
            )
        )
        given = {"code": code, "expires_in": str(CODE_SECONDS)}
        return _with_query(request.redirect_uri, {**given, **({"state": request.state} if request.state else {})})

    def deny(self, request: AuthorizationRequest) -> str:
        """The user does not agree: where to send the browser."""
        return self._refuse(request, "access_denied", "The user has denied the request").location

    def _refuse(self, request: AuthorizationRequest, error: str, why: str) -> SentBack:
        return SentBack(request.redirect_uri, request.state, error, why)

    def _has_allowed(self, login: BrowserLogin, request: AuthorizationRequest) -> bool:
        if request.client is DIALER:  # a part of this server, like the page on which the user has signed in
            return True
        allowed = login.consents.get(request.client.client_id)  # empty = it may know who the user is, no more
        return allowed is not None and set(request.scopes) <= allowed

    def _fits(self, login: BrowserLogin, request: AuthorizationRequest) -> bool:
        """Whether it is a user of that client, and the one whom the application expects."""
        user = self.user(login)
        if request.client.account_id not in (None, user.account_id):
            return False
        return not request.login_hint or self._accounts.may_mean(request.login_hint, user)


def _with_query(uri: str, given: Mapping[str, str]) -> str:
    """state may hold any bytes: surrogates stand for what was not UTF-8, and become those bytes again."""
    query = urlencode(given, quote_via=quote, safe="", errors="surrogateescape")
    return f"{quote(uri, safe=_URI_CHARACTERS)}{'&' if '?' in uri else '?'}{query}"
