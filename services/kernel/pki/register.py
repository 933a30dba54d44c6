"""What a tenant issued and whom it trusts beside the sandbox: two tables.

Private keys are given once and not kept. A reset forgets revocations; certificates stay good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kernel.clock import from_datetime
from services.kernel.database import Database, Write
from services.kernel.pki import forms
from services.kernel.pki.issuing import Issued, Kind, Variant, serial_text
from services.kernel.pki.reading import common_name, unit
from services.kernel.schema import blob, number, tenant_table, text
from services.kernel.tenants import Tenant

MOST = 10_000

certificate = tenant_table(
    "certificate", text("serial"), text("kind"), text("variant"), text("cn"), text("ou"),
    number("issued_at"), number("not_before"), number("not_after"),
    number("revoked_at", nullable=True), blob("content"), key=("serial",), clustered=False,
)
trust_anchor = tenant_table(
    "trust_anchor", text("fingerprint"), number("added_at"), blob("content"),
    key=("fingerprint",), clustered=False,
)

_MINE = certificate.c.tenant_id == bindparam("tenant_id")
_THIS = _MINE & (certificate.c.serial == bindparam("serial"))
_COLUMNS = tuple(
    certificate.c[name] for name in (
        "serial", "kind", "variant", "cn", "ou", "issued_at", "not_before", "not_after",
        "revoked_at", "content",
    )
)
PUT = certificate.insert()
ONE = select(*_COLUMNS).where(_THIS)
LIST = select(*_COLUMNS).where(_MINE).order_by(certificate.c.issued_at.desc()).limit(
    bindparam("count", type_=BigInteger)
)
REVOKE = certificate.update().where(_THIS & certificate.c.revoked_at.is_(None)).values(
    revoked_at=bindparam("at", type_=BigInteger)
)
REVOKED_AT = select(certificate.c.revoked_at).where(_THIS)
REVOKED = (
    select(certificate.c.serial, certificate.c.revoked_at)
    .where(_MINE & (certificate.c.kind == bindparam("kind")) & certificate.c.revoked_at.isnot(None))
    .order_by(certificate.c.serial).limit(bindparam("count", type_=BigInteger))
)
_ANCHORS = trust_anchor.c.tenant_id == bindparam("tenant_id")
ANCHORS = select(trust_anchor.c.content).where(_ANCHORS).order_by(trust_anchor.c.added_at).limit(
    bindparam("count", type_=BigInteger)
)
TRUST = insert(trust_anchor).on_conflict_do_nothing()
DISTRUST = trust_anchor.delete().where(
    _ANCHORS & (trust_anchor.c.fingerprint == bindparam("fingerprint"))
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row: instants in microseconds; content: DER."""

    serial: str
    kind: Kind
    variant: Variant
    cn: str
    ou: str
    issued_at: int
    not_before: int
    not_after: int
    revoked_at: int | None
    content: bytes


class Register:
    """One tenant's certificates and trust anchors."""

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self._database = database
        self._tenant = tenant

    async def add(self, issued: Issued) -> Recorded:
        """Record what was issued, already revoked when that is the variant."""
        found, now = issued.certificate, self._tenant.clock.now()
        row = Recorded(
            issued.serial, issued.kind, issued.variant, common_name(found.subject),
            unit(found.subject), now, from_datetime(found.not_valid_before_utc),
            from_datetime(found.not_valid_after_utc),
            now if issued.variant is Variant.REVOKED else None, forms.der(found),
        )
        values = {name: getattr(row, name) for name in Recorded.__slots__}
        await self._database.write([Write(PUT, values | {"tenant_id": self._tenant.key})])
        return row

    async def get(self, serial: str) -> Recorded | None:
        row = await self._database.one(ONE, tenant_id=self._tenant.key, serial=serial.upper())
        return None if row is None else _recorded(row)

    async def all(self, count: int) -> list[Recorded]:
        """Newest first."""
        rows = await self._database.all(LIST, tenant_id=self._tenant.key, count=count)
        return [_recorded(row) for row in rows]

    async def revoke(self, serial: str) -> Recorded | None:
        """Revoke it now, on the tenant's clock, unless it already was; None when unknown."""
        parameters = {"serial": serial.upper(), "at": self._tenant.clock.now()}
        await self._database.write([Write(REVOKE, parameters | {"tenant_id": self._tenant.key})])
        return await self.get(serial)

    async def revoked_at(self, number: int) -> int | None:
        """When a serial number was revoked, None when it was not."""
        serial = serial_text(number)
        row = await self._database.one(REVOKED_AT, tenant_id=self._tenant.key, serial=serial)
        return None if row is None else row[0]

    async def revoked(self, kind: Kind) -> list[tuple[int, int]]:
        """(serial number, instant) of what is revoked."""
        rows = await self._database.all(
            REVOKED, tenant_id=self._tenant.key, kind=kind, count=MOST
        )
        return [(int(serial, 16), at) for serial, at in rows]

    async def anchors(self) -> list[x509.Certificate]:
        """Authorities of others that this tenant trusts."""
        rows = await self._database.all(ANCHORS, tenant_id=self._tenant.key, count=MOST)
        return [x509.load_der_x509_certificate(row[0]) for row in rows]

    async def trust(self, anchors: list[x509.Certificate]) -> None:
        """Trust these too."""
        await self._database.write([
            Write(TRUST, {
                "tenant_id": self._tenant.key, "fingerprint": fingerprint(each),
                "added_at": self._tenant.clock.now(), "content": forms.der(each),
            }) for each in anchors
        ])

    async def distrust(self, mark: str) -> None:
        """Trust no more the one with this fingerprint."""
        await self._database.write([
            Write(DISTRUST, {"tenant_id": self._tenant.key, "fingerprint": mark.lower()})
        ])


def fingerprint(found: x509.Certificate) -> str:
    """SHA-256 of the certificate, lower-case hexadecimal."""
    return found.fingerprint(hashes.SHA256()).hex()


def _recorded(row: tuple[Any, ...]) -> Recorded:
    serial, kind, variant, *others = row
    return Recorded(serial, Kind(kind), Variant(variant), *others)
