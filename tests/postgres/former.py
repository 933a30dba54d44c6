"""Rows of the first revision of the tables, as the first release that had data wrote them."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from dmp.store import dmp_document
from mssante.store import GET as GET_MAIL
from services.fhir import store
from services.kernel.database import Database
from services.kernel.tenants import Tenant, Tenants
from services.population.people import people

ESPACE = Tenant("ancien", 3)
KEY = ESPACE.key
_BLOB = f"{KEY}/aa/bb/1234"
PEOPLE = (("p2", "2900163220002"), ("p1", "2900163220001"))
FORMER_ROWS = (
    "INSERT INTO tenant (name, epoch, clock_shift, clock_frozen, settings, created)"
    " VALUES ('ancien', 3, 3600000000, NULL, CAST('{\"strict\":true}' AS {bytes}), 17)",
    "INSERT INTO fhir_resource (tenant_id, service, rtype, rid, vid, updated, content)"
    f" VALUES ('{KEY}', 'dmp', 'DocumentReference', 'd1', 1, 17,"
    " CAST('{\"resourceType\":\"DocumentReference\"}' AS {bytes}))",
    "INSERT INTO fhir_date (tenant_id, service, rtype, rid, param, lo, hi, updated)"
    f" VALUES ('{KEY}', 'dmp', 'DocumentReference', 'd1', 'date', 1, 2, 17)",
    "INSERT INTO dmp_document (tenant_id, id, patient_id, unique_id, logical_id, statut, masque,"
    " lecteurs, blob, media_type, taille, depose)"
    f" VALUES ('{KEY}', 'd1', 'pat-trois-dominique', '1.2.3', 'l1', 'current', 0, '',"
    f" '{_BLOB}', 'text/xml', 12, 17)",
    "INSERT INTO mss_message (tenant_id, id, blob_key, size, received_at, mail_from, subject,"
    f" summary) VALUES ('{KEY}', 'm1', '{_BLOB}', 12, 17, 'a@b', 'Objet', CAST('[]' AS {{bytes}}))",
    *(
        "INSERT INTO population_record (tenant_id, kind, id, base, searched, content)"
        f" VALUES ('{KEY}', 'patient', '{id}', 0, 'ANCIEN', CAST('{{\"id\":\"{id}\",\"matricule\":"
        f"{{\"value\":\"{number}\",\"cle\":\"11\",\"oid\":\"1.2.250.1.213.1.4.10\"}},"
        "\"nom_naissance\":\"ANCIEN\",\"prenoms\":[\"ALIX\"],\"sexe\":\"F\","
        "\"date_naissance\":\"1990-01-02\",\"lieu_naissance\":\"63220\"}' AS {bytes}))"
        for id, number in PEOPLE
    ),
    *(
        "INSERT INTO population_key (tenant_id, kind, name, value, holder, id)"
        f" VALUES ('{KEY}', 'patient', '{name}', '{value}', '{holder}', '{id}')"
        for id, number in PEOPLE for name, value, holder in (
            ("matricule", number, ""), ("traits", "ANCIEN|F|1990-01-02", id),
        )
    ),
    "INSERT INTO mss_delivery (tenant_id, address, uid, message_id)"
    f" VALUES ('{KEY}', 'a@b', 1, 'm1')",
)
"""`{bytes}`: the type of bytes in the dialect."""

_DOCUMENT = select(dmp_document.c.blob).where(
    dmp_document.c.tenant_id == bindparam("tenant_id"), dmp_document.c.id == bindparam("id")
)


def former_rows(kind: str) -> list[str]:
    """The statements for a database whose type of bytes is `kind`."""
    return [statement.replace("{bytes}", kind) for statement in FORMER_ROWS]


async def find_former_rows(database: Database) -> None:
    """Everything is found by the product's own reads, and can be written over."""
    tenants = Tenants(database)
    tenant = await tenants.get("ancien")
    assert (tenant.key, tenant.strict, tenant.clock.shift) == (KEY, True, 3_600_000_000)
    found = await store.read(database, tenant, "dmp", "DocumentReference", "d1")
    assert found is not None
    assert found.content == b'{"resourceType":"DocumentReference"}'
    assert await database.one(_DOCUMENT, tenant_id=KEY, id="d1") == (_BLOB,)
    who = people(database, tenant)
    assert [one.id for one in await who.matching("ANCIEN", "F", "1990-01-02")] == ["p1", "p2"]
    for id, number in PEOPLE:
        patient = await who.patient_by_ins(number)
        assert patient is not None
        assert patient.id == id
    mail = await database.one(GET_MAIL, tenant_id=KEY, address="a@b", message_id="m1")
    assert mail is not None
    assert "Objet" in mail
    await database.write(store.writes_for(
        tenant, "dmp", "DocumentReference", "d1", b"{}", store.Indexes(), version=2
    ))
    await tenants.save(tenant)
