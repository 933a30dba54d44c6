"""The installation's signer: its keys, read in the background, and what is done with them.

Tokens are signed where they are asked for. Handing RSA to a thread would let another core take it,
but costs more CPU than it frees on the machines that a sandbox has (decision 0018).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from pro_sante_connect.domain import jws
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
    """Signs and verifies; a thread makes the keys."""

    def __init__(self, directory: Path) -> None:
        self._pool = ThreadPoolExecutor(1, "psc-keys")
        self._directory = directory
        self._signing: dict[int, Signing] = {}
        self._making = self._pool.submit(load_or_make, directory)
        self._keys: Keys | None = None
        self._turn = asyncio.Lock()

    async def keys(self) -> Keys:
        """The keys; waits only for the very first start."""
        if self._keys is None:
            self._keys = await asyncio.wrap_future(self._making)
        return self._keys

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
        """The access token, and the ID token with the `at_hash` of the first.

        number: of the signing key, see `rotation.current`; the algorithm is the key's.
        """
        key = await self.signing(number)
        if key.algorithm == "ES256":
            return _signed_pair(key, access, id_token)
        # One answer per turn of the loop: whoever asks for something else waits for one, not all.
        async with self._turn:
            pair = _signed_pair(key, access, id_token)
            await asyncio.sleep(0)
        return pair

    async def sign_as(self, typ: str, claims: Claims, number: int) -> str:
        """A JWT of another type."""
        return _signed(await self.signing(number), typ, orjson.dumps(claims))

    async def verify(self, token: str) -> Claims | None:
        """Claims of a token that this installation signed; dates are not judged.

        Which of its keys did is told by `kid`, and the key tells the algorithm: a key is published
        for as long as what it signed can live, so that an older one proves nothing of use.
        """
        read = jws.parts(token)
        kid = read.header.get("kid") if read is not None else None
        key = await self._named(kid) if isinstance(kid, str) else None
        if read is None or key is None or not read.is_of(key.algorithm, key.kid):
            return None
        if not jws.is_signed(key.public, read.signature, read.signed):
            return None
        return jws.claims_of(read.payload)

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
        sign = partial(jws.mac, keys.symmetric, algorithm=algorithm)
        return jws.written(header, orjson.dumps(claims), sign)

    async def open(self, token: str, algorithm: str = REFRESH_ALGORITHM) -> Claims | None:
        """Claims of a sealed JWT, or None; dates are not judged."""
        keys, read = await self.keys(), jws.parts(token)
        if read is None or not read.is_of(algorithm, keys.symmetric_kid):
            return None
        if not jws.is_mac(keys.symmetric, read.signature, read.signed, algorithm):
            return None
        return jws.claims_of(read.payload)


def provider_of(sandbox: Sandbox) -> Provider:
    """The installation's signer."""
    provider: Provider = sandbox.resources["psc"]
    return provider


def at_hash(access_token: str) -> str:
    """Left half of the SHA-256 of an access token (OpenID Connect Core §3.1.3.6)."""
    return base64url(hashlib.sha256(access_token.encode("ascii")).digest()[:16])


def _signed_pair(
    key: Signing, access: bytes, id_token: Claims | None
) -> tuple[str, str | None]:
    access_token = _signed(key, "JWT", access)
    if id_token is None:
        return access_token, None
    whole: Mapping[str, Any] = {**id_token, "at_hash": at_hash(access_token)}
    return access_token, _signed(key, "JWT", orjson.dumps(whole))


def _signed(key: Signing, typ: str, payload: bytes) -> str:
    header = {"alg": key.algorithm, "typ": typ, "kid": key.kid}
    return jws.written(header, payload, partial(jws.sign, key.key))
