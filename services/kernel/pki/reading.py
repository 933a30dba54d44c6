"""Reading certificates that others made: every look-up survives what is malformed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage
from cryptography.x509.oid import NameOID, ObjectIdentifier

from services.kernel.tenants import DEFAULT, NAME

UNREADABLE = (
    ValueError, TypeError, x509.DuplicateExtension, x509.InvalidVersion, UnsupportedAlgorithm,
)
_TENANT = re.compile(rf"(?:/t/({NAME.pattern}))?/pki/[a-z]+\.crl$")
Extension = TypeVar("Extension", bound=x509.ExtensionType)


@lru_cache(maxsize=512)
def parse(der: bytes) -> x509.Certificate | None:
    """The certificate, or None when there is none or it cannot be read.

    The library reads names, dates and key when they are asked for: here, so that who asks later
    has no error to expect.
    """
    try:
        read = x509.load_der_x509_certificate(der)
        _ = read.subject, read.issuer, read.not_valid_before_utc, read.not_valid_after_utc
        read.public_key()
    except UNREADABLE:
        return None
    return read


def common_name(name: x509.Name) -> str:
    return _attribute(name, NameOID.COMMON_NAME)


def unit(name: x509.Name) -> str:
    """The first OU: the structure's national id in an ORG AUTH_CLI certificate."""
    return _attribute(name, NameOID.ORGANIZATIONAL_UNIT_NAME)


def is_person(name: x509.Name) -> bool:
    """Certificates of persons have a surname, those of organisations have not."""
    return bool(_attribute(name, NameOID.SURNAME))


def distribution_point(certificate: x509.Certificate) -> str:
    """Where the certificate says that its CRL is, "" when it does not."""
    try:
        points = _extension(certificate, x509.CRLDistributionPoints)
    except UNREADABLE:
        return ""
    names = [name for point in points or () for name in point.full_name or ()]
    return next((n.value for n in names if isinstance(n, x509.UniformResourceIdentifier)), "")


def issuing_tenant(certificate: x509.Certificate) -> str:
    """The tenant that a certificate of a sandbox says it was made in; "" when it says nothing."""
    found = _TENANT.search(distribution_point(certificate))
    return (found[1] or DEFAULT) if found else ""


@lru_cache(maxsize=512)
def issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the issuer's name and signature are right."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may sign others."""
    try:
        basic = _extension(certificate, x509.BasicConstraints)
        usage = _extension(certificate, x509.KeyUsage)
    except UNREADABLE:
        return False
    return basic is not None and basic.ca and (usage is None or usage.key_cert_sign)


def is_for_clients(certificate: x509.Certificate) -> bool:
    """Whether its usages allow TLS client authentication; no usages allow everything."""
    try:
        extended = _extension(certificate, x509.ExtendedKeyUsage)
        usage = _extension(certificate, x509.KeyUsage)
    except UNREADABLE:
        return False
    if usage is not None and not usage.digital_signature:
        return False
    return extended is None or bool(
        {Usage.CLIENT_AUTH, Usage.ANY_EXTENDED_KEY_USAGE} & set(extended)
    )


def _extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _attribute(name: x509.Name, oid: ObjectIdentifier) -> str:
    values = name.get_attributes_for_oid(oid)
    return str(values[0].value) if values else ""
