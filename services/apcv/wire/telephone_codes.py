"""Codes that an app shows: made for a patient, drawn, and read once."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from services.apcv import errors
from services.apcv.domain.code import NFC, Shown, Unreadable, seal, unseal
from services.apcv.domain.reglages import reglages_of
from services.apcv.store import Records
from services.kernel import barcodes
from services.kernel.clock import SECOND, iso
from services.kernel.database import Duplicate
from services.kernel.exchange import Answer
from services.kernel.pki import made_once, private_pem, write_private
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant

Format = Literal["txt", "png", "svg"]
RESOURCE = "apcv.key"
EXPIRES = "X-Apcv-Expire"
_EARLY = 5 * SECOND
"""A clock that was set back makes codes of the future: those are not read."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code on a screen. until: instant from which it is not read."""

    text: str
    until: int


async def start(sandbox: Sandbox) -> None:
    """Read the installation's key, or make it (mode 0600)."""
    sandbox.resources[RESOURCE] = _key(sandbox.data / "apcv")


def make_code(sandbox: Sandbox, tenant: Tenant, patient: str, *, nfc: bool = False) -> Code:
    """A fresh code of that patient (sandbox id)."""
    now = tenant.clock.now()
    shown = Shown(patient, tenant.key, now, tenant.ids.uuid())
    text = seal(shown, sandbox.resources[RESOURCE], _fresh(tenant))
    until = now + reglages_of(tenant.settings).secondes_code * SECOND
    return Code(NFC + text if nfc else text, until)


async def shown_code(
    sandbox: Sandbox, tenant: Tenant, patient: str, format: Format, *, nfc: bool = False
) -> Answer:
    """As a text or a picture, never kept by a cache; its end is in the header X-Apcv-Expire."""
    code = make_code(sandbox, tenant, patient, nfc=nfc)
    headers = ((EXPIRES, iso(code.until)), ("Cache-Control", "no-store"))
    if format == "txt":
        return Answer(200, code.text.encode(), "text/plain; charset=utf-8", headers)
    drawn = await asyncio.to_thread(barcodes.draw, code.text, "QRCode")
    if format == "svg":
        picture = drawn.svg("Code de l'appli carte Vitale", 4).encode()
        return Answer(200, picture, "image/svg+xml", headers)
    return Answer(200, await asyncio.to_thread(drawn.png, 4), "image/png", headers)


async def read_code(sandbox: Sandbox, tenant: Tenant, text: str) -> Shown:
    """What a code says, which is then used up. Raises ILLISIBLE, EXPIRE or DEJA_LU."""
    try:
        shown = unseal(text, sandbox.resources[RESOURCE])
    except Unreadable as error:
        raise errors.ILLISIBLE(str(error), at="Donnees") from error
    if shown.tenant != tenant.key:
        raise errors.ILLISIBLE("le code est d'un autre espace", at="Donnees")
    now = tenant.clock.now()
    until = shown.issued + reglages_of(tenant.settings).secondes_code * SECOND
    if not shown.issued - _EARLY <= now < until:
        raise errors.EXPIRE(
            at="Donnees", expected=f"avant {iso(until)}", found=iso(now)
        )
    records = Records(sandbox.database, tenant)
    try:
        await records.write(
            records.forgotten("code", now), records.added("code", shown.nonce, until=until)
        )
    except Duplicate as error:
        raise errors.DEJA_LU(at="Donnees") from error
    return shown


def _fresh(tenant: Tenant) -> ec.EllipticCurvePrivateKey:
    """A key of the tenant's source of chance, so that a seeded run repeats its codes."""
    drawn = int.from_bytes(base64.urlsafe_b64decode(tenant.ids.token(32) + "="), "big")
    return ec.derive_private_key(drawn % (2**255) + 1, ec.SECP256R1())


def _key(directory: Path) -> ec.EllipticCurvePrivateKey:
    path = directory / "telephone.pem"
    with made_once(directory):
        if not path.exists():
            write_private(path, private_pem(ec.generate_private_key(ec.SECP256R1())))
        loaded = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds another kind of key")
    return loaded
