"""Enveloped XML signatures as SAML assertions carry them: exclusive C14N, RSA or ECDSA.

What was signed is checked, not who signed: the certificate is handed over for that.
"""

from __future__ import annotations

import base64
import binascii
import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from lxml import etree

from services.kernel.pki.reading import parse
from services.soap.envelope import text_of
from services.soap.namespaces import EXCLUSIVE, SIGNATURE

_MORE, _XMLENC = "http://www.w3.org/2001/04/xmldsig-more#", "http://www.w3.org/2001/04/xmlenc#"
_ENVELOPED = f"{SIGNATURE}enveloped-signature"
_METHODS: Mapping[str, tuple[str, hashes.HashAlgorithm]] = {
    f"{_MORE}rsa-sha256": ("rsa", hashes.SHA256()), f"{_MORE}rsa-sha384": ("rsa", hashes.SHA384()),
    f"{_MORE}rsa-sha512": ("rsa", hashes.SHA512()),
    f"{_MORE}ecdsa-sha256": ("ecdsa", hashes.SHA256()),
    f"{_MORE}ecdsa-sha384": ("ecdsa", hashes.SHA384()),
}
_DIGESTS = {
    f"{_XMLENC}sha256": "sha256", f"{_MORE}sha384": "sha384", f"{_XMLENC}sha512": "sha512",
}


@dataclass(frozen=True, slots=True)
class Signed:
    """What became of a signature. problem: French, "" when it is right; method: URI;
    certificate: of KeyInfo, None when there is none that can be read."""

    problem: str
    method: str = ""
    certificate: x509.Certificate | None = None


def read_signature(element: etree._Element) -> Signed | None:
    """Check the enveloped signature of an element against its own certificate; None: unsigned."""
    signature = element.find(_ds("Signature"))
    info = signature.find(_ds("SignedInfo")) if signature is not None else None
    if signature is None:
        return None
    if info is None:
        return Signed("la signature n'a pas de SignedInfo")
    method = _algorithm(info, "SignatureMethod")
    certificate = _certificate(signature)
    problem = _reference_problem(element, info) or _value_problem(
        signature, info, method, certificate
    )
    return Signed(problem, method, certificate)


def _reference_problem(element: etree._Element, info: etree._Element) -> str:
    references = info.findall(_ds("Reference"))
    if len(references) != 1:
        return f"une référence et une seule est attendue, {len(references)} trouvées"
    (reference,) = references
    if reference.get("URI", "") != f"#{element.get('ID', '')}":
        return "la référence ne désigne pas l'assertion"
    transforms = [each.get("Algorithm", "") for each in reference.iter(_ds("Transform"))]
    if transforms != [_ENVELOPED, EXCLUSIVE]:
        return "transformations attendues : enveloped-signature puis xml-exc-c14n"
    name = _DIGESTS.get(_algorithm(reference, "DigestMethod"))
    if name is None:
        return f"empreinte non admise : {_algorithm(reference, 'DigestMethod')}"
    bare = _alone(element)
    signature = bare.find(_ds("Signature"))
    if signature is not None:
        _remove(signature)
    inclusive = _prefixes(reference.find(f"{_ds('Transforms')}/{_ds('Transform')}[2]"))
    digest = hashlib.new(name, _canonical(bare, inclusive)).digest()
    if digest != _decoded(text_of(reference, _ds("DigestValue"))):
        return "l'empreinte de l'assertion ne correspond pas : elle a été modifiée"
    return ""


def _value_problem(
    signature: etree._Element, info: etree._Element, method: str,
    certificate: x509.Certificate | None,
) -> str:
    if _algorithm(info, "CanonicalizationMethod") != EXCLUSIVE:
        return "forme canonique attendue : xml-exc-c14n"
    if method not in _METHODS:
        return f"algorithme de signature non admis : {method or '(absent)'}"
    if certificate is None:
        return "KeyInfo ne porte pas de certificat X.509 lisible"
    family, algorithm = _METHODS[method]
    value = _decoded(text_of(signature, _ds("SignatureValue")))
    content = _canonical(_alone(info), _prefixes(info.find(_ds("CanonicalizationMethod"))))
    key: Any = certificate.public_key()
    try:
        if family == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, content, padding.PKCS1v15(), algorithm)
        elif family == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            half = len(value) // 2
            numbers = (int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big"))
            key.verify(encode_dss_signature(*numbers), content, ec.ECDSA(algorithm))
        else:
            return "la clé du certificat n'est pas de l'algorithme annoncé"
    except (InvalidSignature, ValueError):
        return "la valeur de la signature est fausse"
    return ""


def _ds(name: str) -> str:
    return f"{{{SIGNATURE}}}{name}"


def _algorithm(parent: etree._Element, name: str) -> str:
    found = parent.find(_ds(name))
    return found.get("Algorithm", "") if found is not None else ""


def _certificate(signature: etree._Element) -> x509.Certificate | None:
    path = f"{_ds('KeyInfo')}/{_ds('X509Data')}/{_ds('X509Certificate')}"
    found = signature.find(path)
    der = _decoded(found.text or "") if found is not None else b""
    return parse(der) if der else None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _alone(element: etree._Element) -> etree._Element:
    """A copy without its surroundings, whose namespaces in scope are kept."""
    copied = copy.deepcopy(element)
    copied.tail = None
    return copied


def _remove(element: etree._Element) -> None:
    """Take an element out of its parent; the text behind it stays."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    tail = element.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def _prefixes(transform: etree._Element | None) -> list[str]:
    found = transform.find(f"{{{EXCLUSIVE}}}InclusiveNamespaces") if transform is not None else None
    return found.get("PrefixList", "").split() if found is not None else []


def _canonical(element: etree._Element, inclusive: list[str]) -> bytes:
    return etree.tostring(
        element, method="c14n", exclusive=True, with_comments=False,
        inclusive_ns_prefixes=inclusive or None,
    )
