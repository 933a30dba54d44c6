"""Assertions as clients make them, signed by an independent library."""

from __future__ import annotations

import uuid
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml import XMLSigner, methods

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
X509_SUBJECT = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
PLACE = '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="placeholder"/>'
DOCTOR = {"identifiantFacturation": "991234567", "secteurActivite": "SA07",
          "codeSpecialite": "SM54"}


def assertion(
    issued: str, name_id: str, qualifier: str = "CPS", attributes: dict[str, str] | None = None,
    *, place: str = "", issuer: str = "",
) -> str:
    """An unsigned assertion; place: what stands for the signature; issuer: "" for a subject of that
    name."""
    values = "".join(
        f'<saml:Attribute Name="{name}"><saml:AttributeValue>{value}</saml:AttributeValue>'
        "</saml:Attribute>"
        for name, value in (DOCTOR if attributes is None else attributes).items()
    )
    issuer = issuer or f"CN={name_id}"
    return (
        f'<saml:Assertion xmlns:saml="{SAML}" Version="2.0" ID="_{uuid.uuid4()}" '
        f'IssueInstant="{issued}"><saml:Issuer Format="{X509_SUBJECT}">{issuer}</saml:Issuer>'
        f"{place}<saml:Subject>"
        f'<saml:NameID NameQualifier="{qualifier}">{name_id}</saml:NameID></saml:Subject>'
        f"<saml:AttributeStatement>{values}</saml:AttributeStatement></saml:Assertion>"
    )


def signed(text: str, certificate: str, key: str, algorithm: str = "rsa-sha256") -> str:
    """The assertion with an enveloped signature in its place, by a PEM certificate and key."""
    root: Any = etree.fromstring(text)
    digest = algorithm.partition("-")[2]
    signer = XMLSigner(
        method=methods.enveloped, signature_algorithm=algorithm, digest_algorithm=digest,
        c14n_algorithm=EXCLUSIVE,
    )
    made = signer.sign(
        root, key=load_pem_private_key(key.encode(), None),  # type: ignore[arg-type]
        cert=[x509.load_pem_x509_certificate(certificate.encode())],
        reference_uri=f"#{root.get('ID')}",
    )
    return etree.tostring(made, encoding="unicode")
