"""Revocation lists of other authorities, given with their certificates: no network is asked.

A list counts when an accepted authority signed it; the newest given replaces the one before. Its
own next update is not looked at: a sandbox is not the place where it is renewed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from services.kernel.clock import from_datetime
from services.kernel.database import Database, Write
from services.kernel.pki.reading import UNREADABLE
from services.kernel.schema import blob, number, tenant_table, text
from services.kernel.tenants import Tenant

MOST = 200
CACHE = "pki.lists"
_LIST = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)
List = x509.CertificateRevocationList

foreign_list = tenant_table(
    "foreign_revocation_list", text("issuer"), number("added_at"), blob("content"),
    key=("issuer",), clustered=False,
)
_MINE = foreign_list.c.tenant_id == bindparam("tenant_id")
_PUT = insert(foreign_list)
PUT = _PUT.on_conflict_do_update(
    index_elements=["tenant_id", "issuer"],
    set_={"added_at": _PUT.excluded.added_at, "content": _PUT.excluded.content},
)
ALL = select(foreign_list.c.content).where(_MINE).order_by(foreign_list.c.issuer).limit(
    bindparam("count", type_=BigInteger)
)
FORGET = foreign_list.delete().where(_MINE & (foreign_list.c.issuer == bindparam("issuer")))


class Lists:
    """One tenant's; read once and kept in its memory."""

    def __init__(self, database: Database, tenant: Tenant) -> None:
        self._database = database
        self._tenant = tenant

    async def all(self) -> tuple[List, ...]:
        memory = self._tenant.memory
        if CACHE not in memory:
            rows = await self._database.all(ALL, tenant_id=self._tenant.key, count=MOST)
            memory[CACHE] = tuple(x509.load_der_x509_crl(row[0]) for row in rows)
        known: tuple[List, ...] = memory[CACHE]
        return known

    async def put(self, lists: Iterable[List]) -> None:
        """Keep these; whoever calls refreshes the tenant."""
        await self._database.write([
            Write(PUT, {
                "tenant_id": self._tenant.key, "issuer": mark(each.issuer),
                "added_at": self._tenant.clock.now(), "content": each.public_bytes(Encoding.DER),
            }) for each in lists
        ])

    async def forget(self, issuer: x509.Name) -> None:
        """Keep no list of this authority; whoever calls refreshes the tenant."""
        await self._database.write([
            Write(FORGET, {"tenant_id": self._tenant.key, "issuer": mark(issuer)})
        ])


def read(pem: bytes) -> tuple[list[x509.Certificate], list[List]]:
    """Certificates and lists of a PEM, in any order. Raises ValueError when there is neither."""
    lists = [x509.load_pem_x509_crl(each) for each in _LIST.findall(pem)]
    rest = _LIST.sub(b"", pem)
    if lists and b"-----BEGIN" not in rest:
        return [], lists
    return x509.load_pem_x509_certificates(rest), lists


def is_signed_by(found: List, authorities: Iterable[x509.Certificate]) -> bool:
    """Whether one of these made the list."""
    return any(_made(each, found) for each in authorities)


def revoked_at(
    certificate: x509.Certificate, issuer: x509.Certificate, lists: Sequence[List]
) -> int | None:
    """When its authority revoked it, as these lists say; None when they do not."""
    for each in lists:
        if each.issuer == certificate.issuer and _made(issuer, each):
            entry = each.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is not None:
                return from_datetime(entry.revocation_date_utc)
    return None


def mark(issuer: x509.Name) -> str:
    """SHA-256 of an authority's name, hexadecimal."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(issuer.public_bytes())
    return digest.finalize().hex()


def _made(authority: x509.Certificate, found: List) -> bool:
    if authority.subject != found.issuer:
        return False
    try:
        return found.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except (*UNREADABLE, InvalidSignature, UnsupportedAlgorithm):
        return False
