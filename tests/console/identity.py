"""An identity provider of a few lines, that signs real tokens: discovery, keys, a sign-in page, the code flow."""

import base64
import time
from dataclasses import dataclass, field
from html import escape
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import httpx2
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

ISSUER, CLIENT, SECRET = "https://id.example.com/", "frontline", "s3cr3t/+"


@dataclass(slots=True)
class Identity:
    """``claims`` of whoever signs in there next; what is put into ``token`` stands over what a token says."""

    claims: dict[str, object] = field(default_factory=lambda: {"sub": "u1", "name": "Uma"})
    token: dict[str, object] = field(default_factory=dict)
    about: dict[str, object] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2_048, {"kid": "k1"}))
    signs_with: RSAKey | OctKey | None = None
    algorithm: str = "RS256"
    asked: list[str] = field(default_factory=list)
    down: bool = False
    issuer: str = ISSUER
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def transport(self) -> httpx2.AsyncBaseTransport:
        return httpx2.ASGITransport(app=self.app)

    @property
    def app(self) -> Starlette:
        routes = [
            Route("/.well-known/openid-configuration", self._about),
            Route("/keys", self._keys),
            Route("/token", self._token, methods=["POST"]),
            Route("/me", self._me),
            Route("/login", self._login),
        ]
        return Starlette(routes=routes)

    def let_in(self, address: str) -> dict[str, str]:
        """Somebody was sent here and signs in: what their browser comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    async def _login(self, request: Request) -> Response:
        """For browsers: one link, for whoever `claims` are of."""
        back = f"{request.query_params['redirect_uri']}?{urlencode(self.let_in(str(request.url)))}"
        link = f'<a href="{escape(back)}">Go on as {escape(str(self.claims["name"]))}</a>'
        return HTMLResponse(f'<!doctype html><html lang="en"><title>Id</title><link rel="icon" href="data:,">{link}')

    async def _about(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if self.down:
            return Response(status_code=503)
        places = {"authorization_endpoint": "login", "token_endpoint": "token", "jwks_uri": "keys"}
        told = {name: self.issuer + path for name, path in places.items()}
        return JSONResponse({"issuer": self.issuer, "userinfo_endpoint": f"{self.issuer}me", **told, **self.about})

    async def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        known = self._codes.pop(str(form["code"]), None)
        basic = base64.b64decode(request.headers.get("authorization", "Basic ")[6:]).decode().split(":")
        posted = [str(form.get("client_id")), str(form.get("client_secret"))]
        right = [unquote_plus(one) for one in basic] == [CLIENT, SECRET] or posted == [CLIENT, SECRET]
        if known is None or not right or form["redirect_uri"] != known["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if create_s256_code_challenge(str(form["code_verifier"])) != known["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        about = {"iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": known["nonce"]}
        header = {"alg": self.algorithm, "kid": "k1"}
        key = self.signs_with or self.key
        token = jwt.encode(header, {**about, "sub": self.claims["sub"], **self.token}, key, [self.algorithm])
        return JSONResponse({"id_token": token, "access_token": "a", "token_type": "Bearer"})

    async def _me(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer a"
        return JSONResponse(self.claims)
