"""`/sandbox/certificates`: made for someone of the population, good or bad, and revoked."""

from __future__ import annotations

import asyncio
from typing import Annotated

from cryptography import x509
from fastapi import APIRouter, Query, Request

from services.certificates import shapes
from services.kernel.clock import real_now, to_datetime
from services.kernel.control import Nothing, current_tenant, refused
from services.kernel.pki.issuing import Kind, issue, organisation_name, person_name
from services.kernel.pki.register import Recorded, Register
from services.kernel.sandbox import Sandbox
from services.population import People, people
from services.population.codes import profession_label

DOCTOR = "10"
MOST_ANCHORS = 200


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox about certificates."""
    router = APIRouter(prefix="/certificates", tags=["certificats"])
    _anchor_routes(router, sandbox)

    @router.get("")
    async def issued(
        request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> shapes.CertificatePage:
        """Certificates that this tenant issued, newest first, without their private keys."""
        rows = await (await _register(sandbox, request)).all(limit)
        return shapes.CertificatePage(certificates=list(map(shapes.CertificateShape.of, rows)))

    @router.post("", status_code=201)
    async def make(request: Request, demand: shapes.Demand) -> shapes.IssuedShape:
        """Issue a certificate, good or bad on purpose; its private key is given only here."""
        tenant = await current_tenant(request)
        who = people(sandbox.database, tenant)
        subject = await _subject(who, demand)
        made = await asyncio.to_thread(
            issue, sandbox.pki, demand.kind, subject, sandbox.public_url + tenant.url_prefix,
            demand.variant, (to_datetime(real_now()), tenant.clock.datetime()),
            elliptic=demand.key == "ec",
        )
        row = await Register(sandbox.database, tenant).add(made)
        return shapes.IssuedShape.made(row, made, demand.password)

    @router.get("/{serial}")
    async def one(request: Request, serial: str) -> shapes.CertificateShape:
        """One certificate, by its serial number in hexadecimal."""
        found = await (await _register(sandbox, request)).get(serial)
        return shapes.CertificateShape.of(_known(found))

    @router.post("/{serial}/revoke")
    async def revoke(request: Request, serial: str, _: Nothing) -> shapes.CertificateShape:
        """Revoke a certificate: in the next CRL and OCSP answer, and for the services at once."""
        found = await (await _register(sandbox, request)).revoke(serial)
        return shapes.CertificateShape.of(_known(found))

    return router


def _anchor_routes(router: APIRouter, sandbox: Sandbox) -> None:
    @router.get("/anchors")
    async def anchors(request: Request) -> shapes.Anchors:
        """Authorities of others whose client certificates this tenant accepts."""
        return await _anchors(sandbox, await _register(sandbox, request))

    @router.post("/anchors", status_code=201)
    async def trust(request: Request, body: shapes.AnchorBody) -> shapes.Anchors:
        """Accept client certificates of these authorities too (or these very certificates)."""
        register = await _register(sandbox, request)
        try:
            given = x509.load_pem_x509_certificates(body.pem.encode())
            for each in given:
                shapes.AnchorShape.of(each)
        except ValueError as error:
            raise refused(400, "pem", "Aucun certificat lisible dans ce PEM.") from error
        if len(given) + len(await register.anchors()) > MOST_ANCHORS:
            raise refused(409, "trop", f"Au plus {MOST_ANCHORS} autorités par espace.")
        await register.trust(given)
        return await _anchors(sandbox, register)

    @router.delete("/anchors/{fingerprint}", status_code=204)
    async def distrust(request: Request, fingerprint: str) -> None:
        """Accept no more what this authority signed."""
        await (await _register(sandbox, request)).distrust(fingerprint)


async def _register(sandbox: Sandbox, request: Request) -> Register:
    return Register(sandbox.database, await current_tenant(request))


async def _anchors(sandbox: Sandbox, register: Register) -> shapes.Anchors:
    return shapes.Anchors(
        anchors=list(map(shapes.AnchorShape.of, await register.anchors())),
        installation=list(map(shapes.AnchorShape.of, sandbox.pki.anchors)),
    )


async def _subject(who: People, demand: shapes.Demand) -> x509.Name:
    """The name, completed from the population. Raises 404 for an unknown person."""
    doctor = await who.default_professional(DOCTOR)
    if demand.kind is Kind.PERSON:
        person = await who.professional(demand.id_nat) if demand.id_nat else doctor
        if person is None:
            raise refused(404, "professionnel", "Aucun professionnel de cet identifiant.")
        title = profession_label(person.profession)
        return person_name(person.id_nat, person.nom, person.prenom, title)
    if demand.ou:
        structure = await who.structure_by_id_nat(demand.ou)
    else:
        ids = doctor.structure_ids if doctor else ()
        structure = await who.structure(ids[0]) if ids else None
    if structure is None:
        return organisation_name(demand.cn, demand.ou, "", "")
    return organisation_name(
        demand.cn, structure.id_nat, structure.nom[:64],
        f"{structure.commune} ({structure.code_postal[:2]})" if structure.commune else "",
    )


def _known(found: Recorded | None) -> Recorded:
    if found is None:
        raise refused(404, "certificat", "Aucun certificat de ce numéro dans cet espace.")
    return found
