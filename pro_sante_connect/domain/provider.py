"""The installation's signer: its keys, read in the background, and the threads that use them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey

from pro_sante_connect.domain.keys import (
    Keys,
    Signing,
    base64url,
    load_or_make,
    numbers,
    signing_key,
)
from services.kernel.sandbox import Sandbox

Claims = dict[str, Any]
REFRESH_ALGORITHM = "HS512"
PAGE_ALGORITHM = "HS256"


class Provider:
    """Signs and verifies. RSA runs on two threads, so that the loop keeps answering."""

    def __init__(self, directory: Path) -> None:
        self._pool = ThreadPoolExecutor(2, "psc-signer")
        self._directory = directory
        self._signing: dict[int, Signing] = {}
        self._keys = self._pool.submit(load_or_make, directory)

    async def keys(self) -> Keys:
        """The keys; waits only for the very first start."""
        if self._keys.done():
            return self._keys.result()
        return await asyncio.wrap_future(self._keys)

    async def signing(self, number: int) -> Signing:
        """The signing key of that number; made if need be."""
        if number == 0:
            return (await self.keys()).signing
        known = self._signing.get(number)
        if known is None:
            loop = asyncio.get_running_loop()
            known = await loop.run_in_executor(self._pool, signing_key, self._directory, number)
            self._signing[number] = known
        return known

    async def sign(
        self, access: bytes, id_token: Claims | None, number: int
    ) -> tuple[str, str | None]:
        """The access token, and the ID token with the `at_hash` of the first (RS256).

        number: of the signing key, see `rotation.current`.
        """
        key = await self.signing(number)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, _sign, key, access, id_token)

    async def sign_as(self, typ: str, claims: Claims, number: int) -> str:
        """A JWT of another type (RS256)."""
        key = await self.signing(number)
        loop = asyncio.get_running_loop()
        header = {"alg": "RS256", "typ": typ, "kid": key.kid}
        return await loop.run_in_executor(
            self._pool, jws.serialize_compact, header, orjson.dumps(claims), key.key
        )

    async def verify(self, token: str) -> Claims | None:
        """Claims of a token that this installation signed (RS256 only); dates are not judged.

        Which of its keys did is told by `kid`: a key is published for as long as what it signed
        can live, so that an older one proves nothing of use.
        """
        key = await self._named(_kid(token))
        return None if key is None else _claims(token, key.key, "RS256")

    async def _named(self, kid: str) -> Signing | None:
        first = (await self.keys()).signing
        if kid == first.kid:
            return first
        known = next((each for each in self._signing.values() if each.kid == kid), None)
        if known is not None or not kid:
            return known
        # Another process may have made it.
        for number in numbers(self._directory):
            if number not in self._signing and (await self.signing(number)).kid == kid:
                return self._signing[number]
        return None

    async def seal(self, claims: Claims, algorithm: str = REFRESH_ALGORITHM) -> str:
        """A JWT that only this installation reads back: refresh tokens, log-in pages."""
        keys = await self.keys()
        header = {"alg": algorithm, "typ": "JWT", "kid": keys.symmetric_kid}
        return jws.serialize_compact(
            header, orjson.dumps(claims), keys.symmetric, algorithms=[algorithm]
        )

    async def open(self, token: str, algorithm: str = REFRESH_ALGORITHM) -> Claims | None:
        """Claims of a sealed JWT, or None; dates are not judged."""
        return _claims(token, (await self.keys()).symmetric, algorithm)


def provider_of(sandbox: Sandbox) -> Provider:
    """The installation's signer."""
    provider: Provider = sandbox.resources["psc"]
    return provider


def at_hash(access_token: str) -> str:
    """Left half of the SHA-256 of an access token (OpenID Connect Core §3.1.3.6)."""
    return base64url(hashlib.sha256(access_token.encode("ascii")).digest()[:16])


def _kid(token: str) -> str:
    """What the header says; "" when it cannot be read."""
    header = token.partition(".")[0]
    try:
        content = orjson.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    except ValueError:
        return ""
    kid = content.get("kid") if isinstance(content, dict) else None
    return kid if isinstance(kid, str) else ""


def _sign(key: Signing, access: bytes, id_token: Claims | None) -> tuple[str, str | None]:
    header = {"alg": "RS256", "typ": "JWT", "kid": key.kid}
    access_token = jws.serialize_compact(header, access, key.key)
    if id_token is None:
        return access_token, None
    signed: Mapping[str, Any] = {**id_token, "at_hash": at_hash(access_token)}
    return access_token, jws.serialize_compact(header, orjson.dumps(signed), key.key)


def _claims(token: str, key: RSAKey | OctKey, algorithm: str) -> Claims | None:
    try:
        content = jws.deserialize_compact(token, key, algorithms=[algorithm])
        claims = orjson.loads(content.payload)
    except (JoseError, ValueError, TypeError):  # TypeError: a `crit` that is no list
        return None
    return claims if isinstance(claims, dict) else None
