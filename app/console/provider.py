"""An identity provider by OpenID Connect: where people are sent to sign in, and who they are when they come back.

The code flow with state, nonce and PKCE: https://openid.net/specs/openid-connect-core-1_0.html,
https://datatracker.ietf.org/doc/html/rfc9700. What comes back is believed only as far as its signature, issuer,
audience, times and nonce allow.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast
from urllib.parse import quote_plus, urlsplit

import httpx2
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from app.settings import Settings

SCOPE: Final = "openid profile email"
SIGNED_BY: Final = ("RS256", "PS256", "ES256", "EdDSA")  # never `none`, and never with a secret that both have
WITHIN_S: Final = 8.0
LEEWAY_S: Final = 60  # between the clocks of two houses
KNOWN_S: Final = 3_600.0  # so long what the provider says of itself is taken to hold
LOOK_AGAIN_S: Final = 60.0  # and no sooner is it asked again for a key that is not among its keys
WELL_KNOWN: Final = "/.well-known/openid-configuration"
BASIC: Final = "client_secret_basic"
FAILS_S: Final = 5.0  # a provider that did not answer is not asked again at once
PLACES: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class NotSignedIn(Exception):
    """Nobody comes in by this; the message says why, for whoever runs the house."""


@dataclass(frozen=True, slots=True)
class Departure:
    """What a browser keeps while somebody is away at the provider's."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who came back. ``subject`` is the provider's own word for them, which never changes."""

    subject: str
    name: str
    mail: str
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the provider says of itself, and its keys."""

    places: Mapping[str, str]
    keys: KeySet
    takes_form: bool  # the client's secret, in the form and not as a password
    at: float


@dataclass(slots=True)
class Provider:
    """The client of one provider. ``transport`` is for tests."""

    issuer: str
    client_id: str
    secret: str
    transport: httpx2.AsyncBaseTransport | None = None
    _known: _Known | None = None
    _failed_at: float = float("-inf")
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def address(self, back: str, departure: Departure) -> str:
        """Where a browser is sent to; it comes back to ``back``. Raises NotSignedIn."""
        known = await self._about()
        challenge = create_s256_code_challenge(departure.verifier)
        more = {"nonce": departure.nonce, "code_challenge": challenge, "code_challenge_method": "S256"}
        where = known.places["authorization_endpoint"]
        return str(prepare_grant_uri(where, self.client_id, "code", back, SCOPE, departure.state, **more))

    async def claims(self, code: str, back: str, departure: Departure) -> Claims:
        """Who it is that came back with this code. Raises NotSignedIn."""
        known = await self._about()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
        form |= {"client_id": self.client_id, "code_verifier": departure.verifier}
        if known.takes_form:
            form["client_secret"] = self.secret
        told = await self._ask("POST", known.places["token_endpoint"], form, basic=not known.takes_form)
        token, access = told.get("id_token"), told.get("access_token")
        if not isinstance(token, str):
            raise NotSignedIn("the provider gave no ID token")
        claims = await self._proven(token, departure.nonce, access)
        return _who(claims, await self._more(known, access, str(claims["sub"])))

    async def _proven(self, token: str, nonce: str, access: object) -> Mapping[str, object]:
        """What a token says, once its signature and everything that must be so is."""
        try:
            decoded = jwt.decode(token, (await self._about()).keys, algorithms=list(SIGNED_BY))
        except (JoseError, ValueError):  # perhaps a key that is newer than those we know
            try:
                decoded = jwt.decode(token, (await self._about(LOOK_AGAIN_S)).keys, algorithms=list(SIGNED_BY))
            except (JoseError, ValueError) as error:
                raise NotSignedIn(f"the ID token is not signed by the provider ({type(error).__name__})") from None
        wanted = {"iss": {"essential": True, "value": self.issuer}, "aud": {"essential": True, "value": self.client_id}}
        params = {"nonce": nonce, "client_id": self.client_id, "access_token": access}
        claims = CodeIDToken(decoded.claims, decoded.header, wanted, params)
        try:
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError) as error:
            raise NotSignedIn(f"the ID token does not hold ({type(error).__name__}: {error})") from None
        return dict(claims)

    async def _more(self, known: _Known, access: object, subject: str) -> Mapping[str, object]:
        """What the provider tells of the same person beside the token, where it has a place for that."""
        where = known.places.get("userinfo_endpoint")
        if not where or not isinstance(access, str):
            return {}
        told = await self._ask("GET", where, bearer=access)
        return told if told.get("sub") == subject else {}

    # ---- what the provider says of itself

    async def _about(self, older_s: float = KNOWN_S) -> _Known:
        """What it said last, or asked anew where that is older."""
        async with self._asking:
            if self._known is None or time.monotonic() - self._known.at > older_s:
                if time.monotonic() - self._failed_at < FAILS_S:
                    raise NotSignedIn(f"{self.issuer} did not answer a moment ago")
                self._failed_at = time.monotonic()
                self._known = await self._asked_about()
                self._failed_at = float("-inf")
            return self._known

    async def _asked_about(self) -> _Known:
        told = await self._ask("GET", self.issuer.rstrip("/") + WELL_KNOWN)
        if told.get("issuer") != self.issuer:
            raise NotSignedIn(f"{self.issuer} calls itself {str(told.get('issuer'))[:200]}: see FRONTLINE_OIDC_ISSUER")
        places = {name: value for name, value in told.items() if isinstance(value, str)}
        for name in PLACES:
            if urlsplit(places.get(name, "")).scheme != urlsplit(self.issuer).scheme:
                raise NotSignedIn(f"{self.issuer} has no {name}")
        try:
            keys = KeySet.import_key_set(cast(KeySetSerialization, await self._ask("GET", places["jwks_uri"])))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise NotSignedIn(f"the provider's keys cannot be read ({type(error).__name__})") from None
        ways = told.get("token_endpoint_auth_methods_supported", [BASIC])
        return _Known(places, keys, isinstance(ways, list) and BASIC not in ways, time.monotonic())

    async def _ask(
        self, method: str, url: str, form: Mapping[str, str] | None = None, *, basic: bool = False, bearer: str = ""
    ) -> Mapping[str, object]:
        """One answer in JSON. Raises NotSignedIn."""
        # Both are encoded first: https://datatracker.ietf.org/doc/html/rfc6749#section-2.3.1
        auth = httpx2.BasicAuth(quote_plus(self.client_id), quote_plus(self.secret)) if basic else None
        headers = {"Accept": "application/json", **({"Authorization": f"Bearer {bearer}"} if bearer else {})}
        try:
            # A client reads all certificates of the system: in a thread, for calls go on.
            made = await asyncio.to_thread(httpx2.AsyncClient, transport=self.transport)
            async with asyncio.timeout(WITHIN_S), made as client:
                answer = await client.request(method, url, data=form, headers=headers, auth=auth)
            told = answer.json()
        except (httpx2.HTTPError, TimeoutError, ValueError) as error:
            raise NotSignedIn(f"{url}: {type(error).__name__}") from None
        if not answer.is_success or not isinstance(told, dict):
            problem = str(told.get("error", ""))[:100] if isinstance(told, dict) else ""
            raise NotSignedIn(f"{url} answered {answer.status_code} {problem}".strip())
        return told


def provider_of(settings: Settings) -> Provider | None:
    """The provider by the settings; None where there is none."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None or settings.oidc_secret is None:
        return None
    return Provider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_secret.get_secret_value())


def departure() -> Departure:
    """What nobody can guess, for one way to the provider and back."""
    return Departure(generate_token(43), generate_token(43), generate_token(64))


def _who(claims: Mapping[str, object], more: Mapping[str, object]) -> Claims:
    both = {**more, **claims}
    mail = str(both.get("email", "")) if both.get("email_verified") is True else ""
    name = next((str(both[one]) for one in ("name", "preferred_username", "email") if both.get(one)), "")
    return Claims(str(claims["sub"]), name, mail, frozenset(_words(both.get("groups")) + _words(both.get("roles"))))


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, Sequence) else ()
