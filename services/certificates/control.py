"""`/sandbox/certificates`: made for someone of the population, good or bad, and revoked."""

from __future__ import annotations

import asyncio
from typing import Annotated

from cryptography import x509
from fastapi import APIRouter, HTTPException, Query, Request

from services.certificates import shapes
from services.kernel.clock import real_now, to_datetime
from services.kernel.control import Nothing, current_tenant, refused
from services.kernel.pki import foreign
from services.kernel.pki.issuing import Kind, issue, organisation_name, person_name
from services.kernel.pki.presenting import EVERY_NAME, Presenter
from services.kernel.pki.register import Recorded, Register
from services.kernel.sandbox import Sandbox
from services.kernel.tenants import Tenant
from services.population import People, people
from services.population.codes import profession_label

DOCTOR = "10"
MOST_ANCHORS = 200


def build_router(sandbox: Sandbox) -> APIRouter:
    """The routes under /sandbox about certificates."""
    router = APIRouter(prefix="/certificates", tags=["certificats"])
    _anchor_routes(router, sandbox)
    _server_routes(router, sandbox.pki.presenter)

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
        """Authorities of others whose client certificates this tenant accepts, and their lists."""
        return await _anchors(sandbox, await current_tenant(request))

    @router.post("/anchors", status_code=201)
    async def trust(request: Request, body: shapes.AnchorBody) -> shapes.Anchors:
        """Accept client certificates of these authorities too (or these very certificates).

        Revocation lists in the PEM, of authorities that are accepted, count from now on.
        """
        tenant = await current_tenant(request)
        register = Register(sandbox.database, tenant)
        given, lists = _read(body.pem)
        known = [*given, *await register.anchors()]
        if len(known) > MOST_ANCHORS:
            raise refused(409, "trop", f"Au plus {MOST_ANCHORS} autorités par espace.")
        for each in lists:
            if not foreign.is_signed_by(each, (*known, *sandbox.pki.anchors)):
                raise refused(400, "liste", "Cette liste de révocation n'est d'aucune autorité "
                              f"acceptée : {each.issuer.rfc4514_string()}.")
        await register.trust(given)
        await foreign.Lists(sandbox.database, tenant).put(lists)
        await sandbox.tenants.refresh(tenant)
        return await _anchors(sandbox, tenant)

    @router.delete("/anchors/{fingerprint}", status_code=204)
    async def distrust(request: Request, fingerprint: str) -> None:
        """Accept no more what this authority signed; its revocation list goes with it."""
        tenant = await current_tenant(request)
        register = Register(sandbox.database, tenant)
        for each in await register.anchors():
            if shapes.AnchorShape.of(each).fingerprint == fingerprint.lower():
                await foreign.Lists(sandbox.database, tenant).forget(each.subject)
        await register.distrust(fingerprint)
        await sandbox.tenants.refresh(tenant)


def _server_routes(router: APIRouter, presenter: Presenter) -> None:
    @router.get("/server")
    async def presented() -> shapes.ServerNames:
        """Names for which the HTTPS and mail ports present a bad certificate, on purpose."""
        return shapes.ServerNames.of(presenter)

    @router.put("/server")
    async def present(choice: shapes.ServerChoice) -> shapes.ServerNames:
        """Present a bad certificate for a name that is served, or the good one (`flaw: null`).

        For the whole installation, from the next connection on; `*`: whatever name is called.
        """
        if choice.name != EVERY_NAME and choice.name not in presenter.served:
            raise HTTPException(400, {
                "code": "nom", "libelle": "Ce nom n'est pas de ceux que le bac à sable sert.",
                "connus": [*presenter.served, EVERY_NAME],
            })
        await asyncio.to_thread(presenter.choose, choice.name, choice.flaw)
        return shapes.ServerNames.of(presenter)


async def _register(sandbox: Sandbox, request: Request) -> Register:
    return Register(sandbox.database, await current_tenant(request))


async def _anchors(sandbox: Sandbox, tenant: Tenant) -> shapes.Anchors:
    own = await Register(sandbox.database, tenant).anchors()
    lists = await foreign.Lists(sandbox.database, tenant).all()
    return shapes.Anchors(
        anchors=list(map(shapes.AnchorShape.of, own)),
        installation=list(map(shapes.AnchorShape.of, sandbox.pki.anchors)),
        lists=list(map(shapes.ListShape.of, (*lists, *sandbox.pki.lists))),
    )


def _read(pem: str) -> tuple[list[x509.Certificate], list[foreign.List]]:
    """Certificates and revocation lists, all of whose parts can be read. Raises 400."""
    try:
        given, lists = foreign.read(pem.encode())
        for each in given:
            shapes.AnchorShape.of(each)
        for found in lists:
            shapes.ListShape.of(found)
    except ValueError as error:
        raise refused(400, "pem", "Aucun certificat lisible dans ce PEM.") from error
    return given, lists


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
