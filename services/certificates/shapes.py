"""Bodies and answers of `/sandbox/certificates`."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field

from services.kernel.clock import from_datetime, iso
from services.kernel.pki import forms
from services.kernel.pki.issuing import Issued, Kind, Variant
from services.kernel.pki.presenting import ALWAYS, Flaw, Presenter
from services.kernel.pki.register import Recorded, fingerprint

PASSWORD = "socle"
NamePart = Annotated[str, Field(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
"""RFC 5280: 64 characters at most."""


class Demand(BaseModel):
    """What to make. Parts of the name that are absent come from the population."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind = Kind.ORGANISATION
    variant: Variant = Variant.VALID
    cn: Annotated[NamePart, Field(description="Nom du logiciel ; pour Pro Santé Connect, le "
                                              "client_id.")] = "socle-demo"
    ou: Annotated[NamePart, Field(description="Identifiant national de la structure ; à défaut, "
                                              "celle du médecin par défaut.")] = ""
    id_nat: Annotated[NamePart, Field(description="Identifiant national de la personne ; à "
                                                  "défaut, le médecin par défaut.")] = ""
    key: Literal["rsa", "ec"] = "rsa"
    password: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[ -~]+$")] = PASSWORD


class CertificateShape(BaseModel):
    """A certificate that the tenant issued. serial, fingerprint (SHA-256): hexadecimal."""

    serial: str
    kind: Kind
    variant: Variant
    cn: str
    ou: str
    subject: str
    issuer: str
    issued_at: str
    not_before: str
    not_after: str
    revoked_at: str | None
    fingerprint: str
    certificate: Annotated[str, Field(description="PEM")]

    @classmethod
    def of(cls, row: Recorded) -> CertificateShape:
        return cls(**_described(row))


class IssuedShape(CertificateShape):
    """The same with what is given once: the private key, and all of it as PKCS#12."""

    private_key: Annotated[str, Field(description="PEM, sans mot de passe")]
    chain: Annotated[str, Field(description="PEM des autorités, la plus proche d'abord")]
    pkcs12: Annotated[str, Field(description="base64")]
    pkcs12_password: str

    @classmethod
    def made(cls, row: Recorded, issued: Issued, password: str) -> IssuedShape:
        return cls(
            **_described(row), private_key=forms.private_pem(issued.key).decode(),
            chain=forms.pem(*issued.chain).decode(),
            pkcs12=base64.b64encode(issued.pkcs12(password)).decode(), pkcs12_password=password,
        )


class CertificatePage(BaseModel):
    """Newest first."""

    certificates: list[CertificateShape]


class ServerChoice(BaseModel):
    """name: one that the sandbox serves, or `*`; flaw: null for the good certificate again."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=253)]
    flaw: Flaw | None


class ServerName(BaseModel):
    """always: it cannot be chosen, it is always bad."""

    name: str
    flaw: Flaw
    always: bool


class ServerNames(BaseModel):
    """Names whose server certificate is bad, those that always are first."""

    names: list[ServerName]

    @classmethod
    def of(cls, presenter: Presenter) -> ServerNames:
        return cls(names=[
            ServerName(name=name, flaw=flaw, always=known is ALWAYS)
            for known in (ALWAYS, presenter.chosen) for name, flaw in known.items()
        ])


class AnchorBody(BaseModel):
    """Authorities to trust, and revocation lists of such, one after the other."""

    model_config = ConfigDict(extra="forbid")
    pem: Annotated[str, Field(max_length=16_000_000)]


class AnchorShape(BaseModel):
    """An authority whose client certificates are accepted."""

    fingerprint: str
    subject: str
    issuer: str
    not_after: str

    @classmethod
    def of(cls, anchor: x509.Certificate) -> AnchorShape:
        return cls(
            fingerprint=fingerprint(anchor), subject=anchor.subject.rfc4514_string(),
            issuer=anchor.issuer.rfc4514_string(),
            not_after=iso(from_datetime(anchor.not_valid_after_utc)),
        )


class ListShape(BaseModel):
    """A revocation list of such an authority; revoked: how many certificates it holds."""

    issuer: str
    updated_at: str
    revoked: int

    @classmethod
    def of(cls, found: x509.CertificateRevocationList) -> ListShape:
        return cls(
            issuer=found.issuer.rfc4514_string(),
            updated_at=iso(from_datetime(found.last_update_utc)), revoked=len(found),
        )


class Anchors(BaseModel):
    """installation: those of the setting `trust_anchors`, for every tenant; lists: of both."""

    anchors: list[AnchorShape]
    installation: list[AnchorShape]
    lists: list[ListShape]


def _described(row: Recorded) -> dict[str, Any]:
    found = x509.load_der_x509_certificate(row.content)
    return {
        "serial": row.serial, "kind": row.kind, "variant": row.variant, "cn": row.cn, "ou": row.ou,
        "subject": found.subject.rfc4514_string(), "issuer": found.issuer.rfc4514_string(),
        "issued_at": iso(row.issued_at), "not_before": iso(row.not_before),
        "not_after": iso(row.not_after),
        "revoked_at": None if row.revoked_at is None else iso(row.revoked_at),
        "fingerprint": fingerprint(found), "certificate": forms.pem(found).decode(),
    }
