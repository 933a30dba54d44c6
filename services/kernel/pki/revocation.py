"""What the PKI publishes about revocation: lists (RFC 5280 §5) and OCSP answers (RFC 6960).

Each tenant has its own list of each authority, at the address that its certificates carry. Dates
are the machine's: TLS libraries compare them with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from services.kernel.clock import SECOND, real_now, to_datetime
from services.kernel.pki import forms
from services.kernel.pki.authority import Pki
from services.kernel.pki.forms import Authority
from services.kernel.pki.issuing import Kind
from services.kernel.pki.register import Register

LIST_VALIDITY = timedelta(days=1)
ANSWER_VALIDITY = timedelta(hours=1)
KINDS = {"organisations": Kind.ORGANISATION, "personnes": Kind.PERSON}


async def revocation_list(
    issuer: Authority, register: Register, url: str, servers: Mapping[int, int]
) -> bytes:
    """The tenant's list of what this authority revoked, DER.

    url: the tenant's address; servers: serial number → instant of revoked server certificates.
    """
    kind = KINDS.get(issuer.id)
    revoked = [*await register.revoked(kind), *servers.items()] if kind else []
    now = _now()
    point = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(forms.crl_url(url, issuer))],
        relative_name=None, only_contains_user_certs=False, only_contains_ca_certs=False,
        only_some_reasons=None, indirect_crl=False, only_contains_attribute_certs=False,
    )
    built = (
        x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject)
        .last_update(now).next_update(now + LIST_VALIDITY)
        .add_extension(x509.CRLNumber(real_now() // SECOND), critical=False)
        .add_extension(forms.authority_key(issuer), critical=False)
        .add_extension(point, critical=True)
    )
    for serial, at in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(_past(at))
        built = built.add_revoked_certificate(entry.build())
    return built.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


async def ocsp_answer(pki: Pki, register: Register, asked: bytes) -> bytes:
    """The answer to an OCSP request, DER: good unless this tenant revoked it."""
    try:
        request = ocsp.load_der_ocsp_request(asked)
        algorithm = request.hash_algorithm
        issuer = _issuer(pki.authorities.values(), request)
    except (ValueError, TypeError, x509.DuplicateExtension):
        return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    if issuer is None:
        return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    at = await register.revoked_at(request.serial_number)
    if at is None:
        at = pki.presenter.revoked().get(request.serial_number)
    now = _now()
    revoked = ocsp.OCSPCertStatus.REVOKED if at is not None else ocsp.OCSPCertStatus.GOOD
    built = ocsp.OCSPResponseBuilder().add_response_by_hash(
        request.issuer_name_hash, request.issuer_key_hash, request.serial_number, algorithm,
        revoked, now, now + ANSWER_VALIDITY,
        None if at is None else _past(at), None,
    ).responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
    nonce = _nonce(request)
    if nonce is not None:
        built = built.add_extension(nonce, critical=False)
    answer = built.sign(issuer.key, hashes.SHA256())
    return answer.public_bytes(serialization.Encoding.DER)


def _issuer(authorities: Iterable[Authority], request: ocsp.OCSPRequest) -> Authority | None:
    """The authority that the request names by the hashes of its name and key."""
    for each in authorities:
        if _key_hash(each, request.hash_algorithm) == request.issuer_key_hash:
            return each
    return None


def _key_hash(authority: Authority, algorithm: hashes.HashAlgorithm) -> bytes:
    digest = hashes.Hash(algorithm)
    key = authority.key.public_key()
    spki = key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    digest.update(spki)
    return digest.finalize()


def _nonce(request: ocsp.OCSPRequest) -> x509.OCSPNonce | None:
    try:
        return request.extensions.get_extension_for_class(x509.OCSPNonce).value
    except x509.ExtensionNotFound:
        return None


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    built = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
    return built.public_bytes(serialization.Encoding.DER)


def _past(instant: int) -> datetime:
    """A date of the tenant's clock that no client takes for the future."""
    return to_datetime(min(instant, real_now()))


def _now() -> datetime:
    """A minute ago, for clients whose clock is late."""
    return to_datetime(real_now() // SECOND * SECOND) - timedelta(minutes=1)
