"""`/sandbox/certificates`: what is issued, in the shape of IGC-Santé, and what it is worth."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.kernel.tls.conftest import Front
from tests.kernel.tls.forging import ForeignPki

Issue = Callable[..., Awaitable[dict[str, Any]]]
Clients = Callable[..., httpx.AsyncClient]
Contexts = Callable[..., ssl.SSLContext]


def parsed(made: dict[str, Any]) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made["certificate"].encode())


def part(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(each.value) for each in name.get_attributes_for_oid(oid)]


async def test_an_organisation_certificate_has_the_shape_of_igc_sante(
    client: httpx.AsyncClient, issued: Issue, front: Front
) -> None:
    made = await issued(cn="INSI-AUTO", key="rsa")
    found = parsed(made)
    assert part(found.subject, NameOID.COMMON_NAME) == ["INSI-AUTO"]
    [unit] = part(found.subject, NameOID.ORGANIZATIONAL_UNIT_NAME)
    structures = (await client.get("/sandbox/identities")).json()["structures"]
    assert unit in {each["id_nat"] for each in structures}
    assert part(found.subject, NameOID.COUNTRY_NAME) == ["FR"]
    assert part(found.subject, NameOID.STATE_OR_PROVINCE_NAME)
    assert found.issuer == front.sandbox.pki.organisations.certificate.subject
    usages = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert isinstance(found.public_key(), rsa.RSAPublicKey)
    assert timedelta(days=3 * 365) < found.not_valid_after_utc - found.not_valid_before_utc
    assert (made["cn"], made["ou"], made["variant"]) == ("INSI-AUTO", unit, "valid")


async def test_a_person_certificate_names_a_professional(
    client: httpx.AsyncClient, issued: Issue, secure: Clients
) -> None:
    doctor = (await client.get("/sandbox/identities")).json()["professionals"][0]
    made = await issued(kind="person", id_nat=doctor["id_nat"])
    subject = parsed(made).subject
    assert part(subject, NameOID.COMMON_NAME) == [doctor["id_nat"]]
    assert part(subject, NameOID.SURNAME) == [doctor["nom"]]
    assert part(subject, NameOID.TITLE) == ["Médecin"]
    async with secure((made["certificate"] + made["chain"], made["private_key"])) as caller:
        told = (await caller.get("/w/who")).json()
    assert (told["status"], told["person"], told["cn"]) == ("valid", True, doctor["id_nat"])


async def test_the_structure_can_be_named_or_unknown(issued: Issue) -> None:
    assert (await issued(ou="1999999999"))["ou"] == "1999999999"
    assert parsed(await issued(ou="1999999999")).subject.rfc4514_string().endswith("C=FR")


async def test_the_pkcs12_holds_everything(issued: Issue) -> None:
    made = await issued(password="un mot de passe")
    key, leaf, chain = pkcs12.load_key_and_certificates(
        base64.b64decode(made["pkcs12"]), b"un mot de passe"
    )
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert leaf == parsed(made)
    assert chain == x509.load_pem_x509_certificates(made["chain"].encode())
    with pytest.raises(ValueError, match="password"):
        pkcs12.load_key_and_certificates(base64.b64decode(made["pkcs12"]), b"faux")


async def test_each_variant_is_what_it_says(front: Front, issued: Issue) -> None:
    now = datetime.now(UTC)
    issuer = front.sandbox.pki.organisations.certificate
    assert parsed(await issued("expired")).not_valid_after_utc < now
    assert parsed(await issued("not_yet_valid")).not_valid_before_utc > now
    assert (await issued("revoked"))["revoked_at"]
    usages = parsed(await issued("wrong_usage")).extensions.get_extension_for_class(
        x509.ExtendedKeyUsage
    )
    assert ExtendedKeyUsageOID.CLIENT_AUTH not in set(usages.value)
    assert (await issued("wrong_name", cn="INSI-AUTO"))["cn"] == "INSI-AUTO (AUTRE)"
    alone = await issued("self_signed")
    assert alone["chain"] == ""
    parsed(alone).verify_directly_issued_by(parsed(alone))
    for variant in ("valid", "expired", "not_yet_valid", "revoked", "wrong_usage", "wrong_name"):
        parsed(await issued(variant)).verify_directly_issued_by(issuer)


async def test_the_private_key_is_told_once(client: httpx.AsyncClient, issued: Issue) -> None:
    first, second = await issued(), await issued("expired")
    listed = (await client.get("/sandbox/certificates")).json()["certificates"]
    assert [each["serial"] for each in listed] == [second["serial"], first["serial"]]
    one = (await client.get(f"/sandbox/certificates/{first['serial']}")).json()
    assert one == listed[1]
    assert not {"private_key", "pkcs12"} & one.keys()
    assert one.items() <= first.items()


async def test_revocation_is_seen_at_once(
    client: httpx.AsyncClient, issued: Issue, secure: Clients
) -> None:
    made = await issued()
    async with secure((made["certificate"], made["private_key"])) as caller:
        assert (await caller.get("/w/who")).json()["status"] == "valid"
        path = f"/sandbox/certificates/{made['serial']}/revoke"
        first = (await client.post(path, json={})).json()
        again = (await client.post(path.lower(), json={})).json()
        assert first["revoked_at"] == again["revoked_at"] != None  # noqa: E711
        told = (await caller.get("/w/who")).json()
        assert told["status"] == "revoked"
        assert "révoqué depuis le" in told["detail"]


async def test_dates_follow_the_tenants_clock(
    client: httpx.AsyncClient, issued: Issue, secure: Clients
) -> None:
    made = await issued()
    async with secure((made["certificate"], made["private_key"])) as caller:
        for shift, status in ((4 * 366 * 86400, "expired"), (-10 * 86400, "not_yet_valid")):
            await client.put("/sandbox/clock", json={"shift_seconds": shift})
            assert (await caller.get("/w/who")).json()["status"] == status
        await client.put("/sandbox/clock", json={"freeze": "2101-01-01T00:00:00Z"})
        late = await issued()
        expired = await issued("expired")
    for each, status in ((late, "valid"), (expired, "expired")):
        async with secure((each["certificate"], each["private_key"])) as caller:
            assert (await caller.get("/w/who")).json()["status"] == status


async def test_a_certificate_belongs_to_its_tenant(
    front: Front, tenant: str, issued: Issue, secure: Clients, client: httpx.AsyncClient
) -> None:
    made = await issued()
    async with secure((made["certificate"], made["private_key"])) as caller:
        elsewhere = (await caller.get(f"{front.ready['https']}/t/elsewhere/w/who")).json()
        assert (elsewhere["status"], elsewhere["tenant"]) == ("untrusted", "elsewhere")
        assert f"« {tenant} »" in elsewhere["detail"]
        # Without a tenant in the address, that of the certificate.
        unprefixed = (await caller.get(f"{front.ready['https']}/w/who")).json()
        assert (unprefixed["status"], unprefixed["tenant"]) == ("valid", tenant)
    assert (await client.get("/sandbox/certificates")).json()["certificates"]
    other = f"{front.ready['http']}/t/elsewhere/sandbox/certificates"
    assert (await client.get(other)).json()["certificates"] == []
    assert (await client.get(f"{other}/{made['serial']}")).status_code == 404
    assert (await client.post(f"{other}/{made['serial']}/revoke", json={})).status_code == 404


async def test_a_reset_forgets_revocations_and_keeps_certificates_good(
    client: httpx.AsyncClient, issued: Issue, secure: Clients
) -> None:
    made = await issued("revoked")
    await client.post("/sandbox/reset", json={})
    async with secure((made["certificate"], made["private_key"])) as caller:
        assert (await caller.get("/w/who")).json()["status"] == "valid"
    assert (await client.get("/sandbox/certificates")).json()["certificates"] == []


@pytest.mark.parametrize("which", ["root", "middle", "leaf"])
async def test_anchors_make_certificates_of_others_good(
    client: httpx.AsyncClient, secure: Clients, which: str
) -> None:
    from services.kernel.pki import forms

    theirs = ForeignPki()
    pem = forms.pem(getattr(theirs, which)).decode()
    async with secure(theirs.identity()) as caller:
        assert (await caller.get("/w/who")).json()["status"] == "untrusted"
        answer = await client.post("/sandbox/certificates/anchors", json={"pem": pem})
        assert answer.status_code == 201
        [anchor] = answer.json()["anchors"]
        told = (await caller.get("/w/who")).json()
        assert (told["status"], told["ou"]) == ("valid", "300000000099622")
        assert (await client.get("/sandbox/certificates/anchors")).json() == answer.json()
        path = f"/sandbox/certificates/anchors/{anchor['fingerprint']}"
        assert (await client.delete(path)).status_code == 204
        assert (await caller.get("/w/who")).json()["status"] == "untrusted"


async def test_an_anchored_chain_needs_its_links_and_dates(
    client: httpx.AsyncClient, secure: Clients
) -> None:
    from services.kernel.pki import forms

    theirs, late = ForeignPki(), ForeignPki(days=-1)
    pem = forms.pem(theirs.root, late.root).decode()
    await client.post("/sandbox/certificates/anchors", json={"pem": pem})
    async with secure(theirs.identity(chain=False)) as caller:
        assert (await caller.get("/w/who")).json()["status"] == "untrusted"
    async with secure(late.identity()) as caller:
        assert (await caller.get("/w/who")).json()["status"] == "expired"


@pytest.mark.parametrize(("body", "status"), [
    ({"variant": "other"}, 422), ({"kind": "other"}, 422), ({"cn": "x" * 65}, 422),
    ({"cn": "a\nb"}, 422), ({"password": ""}, 422), ({"other": 1}, 422),
    ({"kind": "person", "id_nat": "899999999999"}, 404),
])
async def test_wrong_demands(client: httpx.AsyncClient, body: dict[str, str], status: int) -> None:
    answer = await client.post("/sandbox/certificates", json=body)
    assert answer.status_code == status
    assert "erreur" in answer.json()


@pytest.mark.parametrize("pem", ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n"
                                                "-----END CERTIFICATE-----\n"])
async def test_wrong_anchors(client: httpx.AsyncClient, pem: str) -> None:
    answer = await client.post("/sandbox/certificates/anchors", json={"pem": pem})
    assert (answer.status_code, answer.json()["erreur"]["code"]) == (400, "pem")
