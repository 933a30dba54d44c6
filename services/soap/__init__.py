"""SOAP 1.2: hardened reading, WS-Addressing, faults, SAML assertions and their signatures.

Shared by the services that speak SOAP; knows no tenant and no database.
"""
