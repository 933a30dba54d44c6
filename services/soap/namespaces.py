"""Namespaces of SOAP and of what travels in its headers."""

from typing import Final

ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
ENVELOPE_1_1: Final = "http://schemas.xmlsoap.org/soap/envelope/"
ADDRESSING: Final = "http://www.w3.org/2005/08/addressing"
SECURITY: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
)
SAML: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
SIGNATURE: Final = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"

MEDIA_TYPE: Final = "application/soap+xml"
