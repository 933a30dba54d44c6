"""`/pki`: what a PKI publishes, for the installation and for each tenant."""

from __future__ import annotations

import base64
from typing import Any

from fastapi import APIRouter, Request, Response

from services.kernel.control import current_tenant, refused
from services.kernel.pki import forms
from services.kernel.pki.register import Register
from services.kernel.pki.revocation import ocsp_answer, revocation_list
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import DEFAULT

MOST_OCSP = 16 * 1024
PEM, DER = "application/x-pem-file", "application/pkix-cert"
CRL, OCSP = "application/pkix-crl", "application/ocsp-response"


def build_router(sandbox: Sandbox) -> APIRouter:
    """Certificates of the authorities, lists of what they revoked, OCSP."""
    router = APIRouter(prefix="/pki", tags=["certificats"])

    @router.get("/ca.pem", **_in(PEM))
    async def root() -> Response:
        """The root to trust, PEM."""
        return Response(forms.pem(sandbox.pki.root.certificate), media_type=PEM)

    @router.get("/chain.pem", **_in(PEM))
    async def chain() -> Response:
        """The root and its authorities, PEM."""
        every = (each.certificate for each in sandbox.pki.authorities.values())
        return Response(forms.pem(*every), media_type=PEM)

    @router.get("/{authority}.cer", **_in(DER))
    async def certificate(authority: str) -> Response:
        """An authority (ca, organisations, personnes), DER."""
        found = sandbox.pki.authorities.get(authority)
        if found is None:
            raise refused(404, "autorite", "Autorités : ca, organisations, personnes.")
        return Response(forms.der(found.certificate), media_type=DER)

    @router.get("/{authority}.crl", **_in(CRL))
    async def revoked(request: Request, authority: str) -> Response:
        """What this tenant revoked of an authority's certificates, DER."""
        found = sandbox.pki.authorities.get(authority)
        if found is None:
            raise refused(404, "autorite", "Autorités : ca, organisations, personnes.")
        tenant = await current_tenant(request)
        own = found is sandbox.pki.organisations and tenant.name == DEFAULT
        content = await revocation_list(
            found, Register(sandbox.database, tenant), sandbox.public_url + tenant.url_prefix,
            sandbox.pki.presenter.revoked() if own else {},
        )
        return Response(content, media_type=CRL)

    @router.post("/ocsp", **_in(OCSP))
    async def ocsp(request: Request) -> Response:
        """An OCSP request, DER (RFC 6960 §A.1)."""
        asked = b""
        async for chunk in request.stream():
            asked += chunk
            if len(asked) > MOST_OCSP:
                raise refused(413, "taille", f"Au plus {MOST_OCSP} octets.")
        return await _answer(sandbox, request, asked)

    @router.get("/ocsp/{encoded:path}", **_in(OCSP))
    async def ocsp_by_address(request: Request, encoded: str) -> Response:
        """An OCSP request in the address, base64."""
        try:
            asked = base64.b64decode(encoded, validate=True)
        except ValueError:  # binascii.Error is one
            asked = b""
        return await _answer(sandbox, request, asked)

    return router


def _in(media_type: str) -> dict[str, Any]:
    """What OpenAPI says of an answer that is no JSON."""
    return {"response_class": Response, "responses": {200: {"content": {media_type: {}}}}}


async def _answer(sandbox: Sandbox, request: Request, asked: bytes) -> Response:
    register = Register(sandbox.database, await current_tenant(request))
    content = await ocsp_answer(sandbox.pki, register, asked)
    return Response(content, media_type=OCSP)
