"""Signing in at the office's own sign-in service: OpenID Connect, code flow with PKCE.

What must be remembered between the two halves lies in a cookie that only this service can
read, so any process can finish what another began.
"""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from joserfc import jwe, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from api.settings import Settings
from boundaries.errors import Forbidden, NotFound, Unavailable
from boundaries.services.accounts import Identity

COOKIE = "microgrid_oidc"
# So long may somebody take at the other service.
MINUTES = 10

_TIMEOUT_S = 10.0
_KNOWN_FOR_S = 3600.0
# A key that is not known is looked for again, but not at every request that names one.
_RENEW_AFTER_S = 30.0
_SKEW_S = 60
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what to give it to bring back."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What the other service says of itself, and when it was asked."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    keys: KeySet
    at: float


class SignInService:
    """The office's own sign-in service.

    Parameters
    ----------
    settings : Settings
        ``oidc_issuer``, ``oidc_client_id``, ``oidc_client_secret``, ``oidc_claim``.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: _Known | None = None
        self._lock = Lock()

    @property
    def is_set_up(self) -> bool:
        """Whether the office has one."""
        return self._settings.oidc_issuer is not None and self._settings.oidc_client_id is not None

    def begin(self, *, redirect_uri: str, path: str) -> Begun:
        """Send somebody there.

        Parameters
        ----------
        redirect_uri : str
            Where they are to come back.
        path : str
            What they wanted to see here.

        Returns
        -------
        Begun

        Raises
        ------
        NotFound
            If the office has no such service.
        Unavailable
            If it does not answer.
        """
        known = self._ask()
        kept = {
            "state": secrets.token_urlsafe(32),
            "nonce": secrets.token_urlsafe(32),
            "verifier": secrets.token_urlsafe(48),
            "redirect_uri": redirect_uri,
            "path": path,
            "until": time.time() + MINUTES * 60,
        }
        with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                known.authorization_endpoint, state=kept["state"], nonce=kept["nonce"], code_verifier=kept["verifier"]
            )
        return Begun(url, jwe.encrypt_compact({"alg": "dir", "enc": "A256GCM"}, json.dumps(kept), self._seal()))

    def finish(self, *, cookie: str | None, state: str | None, code: str | None) -> tuple[Identity, str]:
        """Take in whoever comes back.

        Parameters
        ----------
        cookie : str or None
            What the browser was given when it was sent there.
        state, code : str or None
            What it brings from there.

        Returns
        -------
        tuple of (Identity, str)
            Who it is, and what they wanted to see.

        Raises
        ------
        Forbidden
            If anything does not fit: another browser, another attempt, a forged answer.
        NotFound
            If the office has no such service.
        Unavailable
            If it does not answer.
        """
        known = self._ask()
        kept = self._opened(cookie)
        if kept is None or state is None or code is None or not secrets.compare_digest(state, kept["state"]):
            raise _refused(
                "登录过程已过期,或不是从本浏览器开始的", "the attempt has expired or began in another browser"
            )
        token = self._exchange(known, code=code, kept=kept)
        claims = self._proved(known, token, nonce=kept["nonce"])
        subject = claims.get(self._settings.oidc_claim)
        if not isinstance(subject, str) or not subject:
            raise _refused(
                f"统一认证没有给出“{self._settings.oidc_claim}”", f'it does not tell "{self._settings.oidc_claim}"'
            )
        return Identity(known.issuer, subject), str(kept["path"])

    def _exchange(self, known: _Known, *, code: str, kept: Mapping[str, Any]) -> str:
        try:
            with self._client(kept["redirect_uri"]) as client:
                answer = client.fetch_token(known.token_endpoint, code=code, code_verifier=kept["verifier"])
        except httpx2.HTTPError as error:
            raise _silent() from error
        except (AuthlibBaseError, ValueError) as error:
            raise _refused("统一认证不认可该授权码", "it does not know the code") from error
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _refused("统一认证没有给出身份令牌", "it gave no identity token")
        return token

    def _proved(self, known: _Known, token: str, *, nonce: str) -> Mapping[str, Any]:
        """What an identity token says, after its signature and all it must say are checked."""
        client_id = str(self._settings.oidc_client_id)
        rule = jwt.JWTClaimsRegistry(
            leeway=_SKEW_S,
            iss={"essential": True, "value": known.issuer},
            aud={"essential": True, "value": client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = self._decoded(known, token)
            rule.validate(claims)
        except (JoseError, ValueError) as error:
            raise _refused("身份令牌不可信", "its identity token cannot be trusted") from error
        # A token for several services names the one that it was made for.
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client_id:
            raise _refused("身份令牌不是发给本服务的", "its identity token is for another service")
        return claims

    def _decoded(self, known: _Known, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(token, known.keys, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError):
            if time.monotonic() - known.at < _RENEW_AFTER_S:
                raise
            # The other service may have changed its keys.
            return jwt.decode(token, self._ask(renew=True).keys, algorithms=_ALGORITHMS).claims

    def _ask(self, *, renew: bool = False) -> _Known:
        issuer = self._settings.oidc_issuer
        if issuer is None or not self.is_set_up:
            raise NotFound(
                "本单位没有设置统一认证(MICROGRID_OIDC_ISSUER)。请用账号和密码登录。",
                "This office has set up no sign-in service (MICROGRID_OIDC_ISSUER). Sign in by name and password.",
            )
        with self._lock:
            known = self._known
            if known is None or renew or time.monotonic() - known.at > _KNOWN_FOR_S:
                known = self._known = _discovered(issuer)
        return known

    def _client(self, redirect_uri: str) -> OAuth2Client:
        secret = self._settings.oidc_client_secret
        return OAuth2Client(
            client_id=self._settings.oidc_client_id,
            client_secret=secret.get_secret_value() if secret is not None else None,
            token_endpoint_auth_method="client_secret_basic" if secret is not None else "none",
            scope="openid profile",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
            trust_env=False,
        )

    def _seal(self) -> OctKey:
        secret = self._settings.oidc_client_secret
        text = f"sign-in attempt\0{secret.get_secret_value() if secret is not None else _PROCESS_SECRET}"
        return OctKey.import_key(hashlib.sha256(text.encode()).digest())

    def _opened(self, cookie: str | None) -> Mapping[str, Any] | None:
        if cookie is None:
            return None
        try:
            opened = jwe.decrypt_compact(cookie, self._seal(), algorithms=["dir", "A256GCM"]).plaintext
        except (JoseError, ValueError):
            return None
        kept: Mapping[str, Any] = json.loads(opened or b"{}")
        return kept if kept.get("until", 0) > time.time() else None


# Seals attempts where the office's service gives no secret; then one process must finish what it began.
_PROCESS_SECRET = secrets.token_hex(32)


def _discovered(issuer: str) -> _Known:
    try:
        with httpx2.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
            about = client.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration").raise_for_status().json()
            keys = client.get(about["jwks_uri"]).raise_for_status().json()
        known = _Known(
            str(about["issuer"]),
            str(about["authorization_endpoint"]),
            str(about["token_endpoint"]),
            KeySet.import_key_set(keys),
            time.monotonic(),
        )
    except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
        raise _silent() from error
    if known.issuer.rstrip("/") != issuer.rstrip("/"):
        raise _refused("统一认证自称是另一个地址", "it calls itself by another address")
    return known


def _silent() -> Unavailable:
    return Unavailable(
        "统一认证服务没有正常应答。请稍后再试,或用账号和密码登录。",
        "The office's sign-in service does not answer as it should. Try again in a moment, or sign in by password.",
    )


def _refused(zh: str, en: str) -> Forbidden:
    return Forbidden(
        f"统一认证登录未成功:{zh}。请重新登录。",
        f"Signing in at the office's service has failed: {en}. Sign in again.",
    )
