"""WS_INS2 beside a bare Starlette POST route, with the people of the base and with a million more;
a lot of ten thousand verifications.

Every message is another, from one of a million callers: its contexts and its MessageID are new, as
the téléservice wants. The million people are rows made by SQL, of the form that the product's own
statements write: filling is not what is measured. They are searched for at random, so that each
answer is read from the database. Its file is read through before each round, as it is at hand of a
server that has served for a while: a system may drop within seconds what it has not read again, and
each page is then read from the disk, which is measured beside.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import httpx
from lxml import etree

from benchmarks.load import (
    Row,
    cpu_seconds,
    free_port,
    held,
    peer,
    pour,
    rss_mebibytes,
    sandbox,
)
from services.kernel.clock import iso, real_now
from services.population.base import base
from services.population.kinds import PATIENTS, traits_key
from services.population.searching import words_of

REQUESTS, ROUNDS, LIMIT, GROWTH_LIMIT, MEMORY_LIMIT = 1000, 21, 6.0, 1.3, 400
MANY, LOT, LOT_LIMIT_SECONDS = 1_000_000, 10_000, 10.0
MEDIA = {"Content-Type": "application/soap+xml; charset=utf-8"}
TENANT = "mesure"
SOAP, WSA = "http://www.w3.org/2003/05/soap-envelope", "http://www.w3.org/2005/08/addressing"
ACTION = "urn:ServiceIdentiteCertifiee:1.0.0:"
STARLETTE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
CONTENT = sys.stdin.buffer.read()
async def post(request):
    await request.body()
    return Response(CONTENT, media_type="application/soap+xml")
app = Starlette(routes=[Route("/ins/lps", post, methods=["POST"])])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, lifespan="off",
            log_level="warning", ws="none")
"""
Traits = tuple[str, str, str, str]


class Target(NamedTuple):
    """A process, its address, who is searched for there, and what is done before each round."""

    pid: int
    url: str
    people: Sequence[Traits]
    prepare: Callable[[], object] = lambda: None


PEOPLE: Sequence[Traits] = [
    (one.nom_naissance, one.prenoms[0], one.sexe, one.date_naissance)
    for one in base().patients.values() if "-00" not in one.date_naissance
]


def measure() -> list[Row]:
    """≤ 6 × the bare route; ≤ 1.3 × that among a million, < 400 MiB; 10,000 of a lot in < 10 s."""
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "data"
        with sandbox(data=data) as ready:
            _post(ready, "/sandbox/settings", {}, "PUT")
        _fill(data)
        other = Path(directory) / "other"
        with sandbox(data=other) as few, sandbox(data=data) as many, _starlette(few) as bare:
            file, people = data / "socle.sqlite", _many()
            spent = _rounds({
                "peer": Target(bare[0], f"http://127.0.0.1:{bare[1]}/ins/lps", PEOPLE),
                "few": Target(_pid(few), _lps(few), PEOPLE),
                "many": Target(_pid(many), _lps(many), people, lambda: _read_through(file)),
                "dropped": Target(_pid(many), _lps(many), people, lambda: _drop(file)),
            })
            memory = rss_mebibytes(_pid(many))
            seconds = _lot(few)
    ratio, growth, dropped = (
        statistics.median(a / b for a, b in zip(spent[one], spent[other], strict=True))
        for one, other in (("few", "peer"), ("many", "few"), ("dropped", "few"))
    )
    return [
        ("WS_INS2, CPU ÷ bare Starlette POST route", f"{ratio:.2f}", f"≤ {LIMIT:.0f}",
         held(ratio <= LIMIT)),
        ("… ours, CPU per request", f"{statistics.median(spent['few']):.0f} µs", "", ""),
        ("… peer, CPU per request", f"{statistics.median(spent['peer']):.0f} µs", "", ""),
        (f"WS_INS2, CPU among {MANY:,} more people ÷ among those of the base", f"{growth:.2f}",
         f"≤ {GROWTH_LIMIT}", held(growth <= GROWTH_LIMIT)),
        ("… from the disk, the system having dropped the file", f"{dropped:.2f}", "", ""),
        ("… resident memory", f"{memory:.0f} MiB", f"< {MEMORY_LIMIT} MiB",
         held(memory < MEMORY_LIMIT)),
        (f"lot of {LOT:,} verifications, deposit and result", f"{seconds:.1f} s",
         f"< {LOT_LIMIT_SECONDS:.0f} s", held(seconds < LOT_LIMIT_SECONDS)),
    ]


def _rounds(targets: dict[str, Target]) -> dict[str, list[float]]:
    """Microseconds of CPU per request in each round, targets in turn, first round dropped."""
    spent: dict[str, list[float]] = {name: [] for name in targets}
    for each_round in range(ROUNDS + 1):
        for name, (pid, url, people, prepare) in targets.items():
            bodies = [_search(random.choice(people)) for _ in range(REQUESTS)]
            prepare()
            before = cpu_seconds(pid)
            pour(url, MEDIA, bodies)
            if each_round:
                spent[name].append((cpu_seconds(pid) - before) / REQUESTS * 1e6)
    return spent


def _read_through(file: Path) -> None:
    with file.open("rb") as content:
        while content.read(1 << 20):
            pass


def _drop(file: Path) -> None:
    with file.open("rb") as content:
        os.posix_fadvise(content.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _lot(ready: dict[str, object]) -> float:
    """Seconds from the first byte of the deposit to the last of the result."""
    _post(ready, "/sandbox/ins/settings", {"delai_lot": 0, "lot_maximum": LOT}, "PUT")
    people = [one for one in base().patients.values() if one.lieu_naissance]
    several = "".join(
        f"<u:IndividuVerifie><u:INSFourni><u:IdIndividu><u:NumIdentifiant>{one.matricule.value}"
        f"</u:NumIdentifiant><u:Cle>{one.matricule.cle}</u:Cle></u:IdIndividu><u:OID>"
        f"{one.matricule.oid}</u:OID></u:INSFourni><u:TraitsIdentiteIndividu><u:NomNaissance>"
        f"{one.nom_naissance}</u:NomNaissance><u:Prenom>{one.prenoms[0]}</u:Prenom><u:Sexe>"
        f"{one.sexe}</u:Sexe><u:DateNaissance>{one.date_naissance}</u:DateNaissance>"
        "</u:TraitsIdentiteIndividu></u:IndividuVerifie>"
        for one in (people[number % len(people)] for number in range(LOT))
    )
    names = ('xmlns:d="http://www.cnamts.fr/INSiLot2/REQLot" '
             'xmlns:u="http://www.cnamts.fr/INSiLot2/REQUnitaire"')
    deposit = _envelope("deposerLotInsAVerifier", f"<d:DEPOT {names}>{several}</d:DEPOT>")
    began = time.monotonic()
    id = etree.fromstring(_sent(ready, deposit)).findtext(".//{*}IdLot")
    fetch = f"<d:DEMANDE {names}><d:IdLot>{id}</d:IdLot></d:DEMANDE>"
    result = _sent(ready, _envelope("recupererResultatLotIns", fetch))
    seconds = time.monotonic() - began
    right = result.count(b"<CodeCR>00</CodeCR>")
    if right != LOT + 1:
        raise SystemExit(f"lot: {right - 1} right of {LOT}: {result[:600]!r}")
    return seconds


def _sent(ready: dict[str, object], message: bytes) -> bytes:
    return httpx.post(
        _lps(ready), headers=MEDIA, content=message, timeout=60, trust_env=False
    ).content


def _search(traits: Traits) -> bytes:
    nom, prenom, sexe, date = traits
    return _envelope("rechercherInsAvecTraitsIdentite", (
        f'<i:RECSANSVITALE xmlns:i="http://www.cnamts.fr/INSiRecSans"><i:NomNaissance>{nom}'
        f"</i:NomNaissance><i:Prenom>{prenom}</i:Prenom><i:Sexe>{sexe}</i:Sexe>"
        f"<i:DateNaissance>{date}</i:DateNaissance></i:RECSANSVITALE>"
    ))


def _envelope(action: str, body: str) -> bytes:
    now, emitter = iso(real_now()), f"10B0{random.randrange(10**6):06d}"
    bam, lps, message = (uuid.uuid4() for _ in range(3))
    return (
        f'<soap:Envelope xmlns:soap="{SOAP}" xmlns:wsa="{WSA}" xmlns:b="urn:siram:bam:ctxbam" '
        f'xmlns:l="urn:siram:lps:ctxlps"><soap:Header><b:ContexteBAM Version="01_02"><b:Id>{bam}'
        f"</b:Id><b:Temps>{now}</b:Temps><b:Emetteur>{emitter}</b:Emetteur><b:COUVERTURE/>"
        f'</b:ContexteBAM><l:ContexteLPS Nature="CTXLPS" Version="01_00"><l:Id>{lps}</l:Id>'
        f"<l:Temps>{now}</l:Temps><l:Emetteur>{emitter}</l:Emetteur><l:LPS>"
        '<l:IDAM R="4">LSN17NF23FW0</l:IDAM><l:Version>1.0</l:Version>'
        "<l:Instance>b3549edd-4ae9-472a-b26f-fd2fb4ef397f</l:Instance>"
        "<l:Nom>urn:lps:ESSAI:1.0</l:Nom></l:LPS></l:ContexteLPS>"
        f"<wsa:Action>{ACTION}{action}</wsa:Action><wsa:MessageID>uuid:{message}</wsa:MessageID>"
        f"</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
    ).encode()


def _nom(i: int) -> str:
    """A name of letters alone, as the SQL of `_fill` writes it."""
    return "NOM" + "".join(chr(65 + int(digit)) for digit in f"{i:07d}")


def _many() -> list[Traits]:
    return [(_nom(i), "ZOE", "F", "1975-12-31") for i in random.sample(range(1, MANY + 1), 20_000)]


def _fill(data: Path) -> None:
    """The rows of a million more people, all born the same day of other names."""
    from dataclasses import replace

    model = next(one for one in base().patients.values() if one.nom_naissance == "ADRUN")
    one = replace(model, id="patient-modele", nom_naissance="NOMMODELE",
                  matricule=replace(model.matricule, value="2999999999999"), historique=())
    content = PATIENTS.write(one).decode()
    letters = "i.nom"
    with contextlib.closing(sqlite3.connect(data / "socle.sqlite")) as connection, connection:
        connection.execute("PRAGMA cache_size=-200000")
        connection.execute("CREATE TEMP TABLE made (i INTEGER PRIMARY KEY, nom TEXT)")
        connection.executemany(
            "INSERT INTO made VALUES (?, ?)", ((i, _nom(i)) for i in range(1, MANY + 1))
        )
        key = {"tenant": f"{TENANT}~0", "content": content, "words": words_of(one)}
        number = "'2' || printf('%012d', i.i)"
        connection.execute(
            "INSERT INTO population_record (tenant_id, kind, id, base, searched, content) SELECT "
            f":tenant, 'patient', 'patient-' || i.i, 0, replace(:words, 'NOMMODELE', {letters}), "
            "CAST(replace(replace(replace(:content, 'NOMMODELE', i.nom), '2999999999999', "
            f"{number}), 'patient-modele', 'patient-' || i.i) AS BLOB) FROM temp.made i "
            "ORDER BY 'patient-' || i.i", key)
        for name, value, shared in (
            ("matricule", number, 0),
            ("traits", f"{letters} || '{traits_key('', 'F', '1975-12-31')}'", 1),
        ):
            connection.execute(
                "INSERT INTO population_key (tenant_id, kind, name, value, holder, place) SELECT "
                f"r.tenant_id, r.kind, '{name}', {value}, r.place * {shared}, r.place "
                "FROM temp.made i JOIN population_record r ON r.tenant_id = :tenant "
                "AND r.kind = 'patient' AND r.id = 'patient-' || i.i ORDER BY i.i",
                {"tenant": key["tenant"]})


@contextlib.contextmanager
def _starlette(ready: dict[str, object]) -> Iterator[tuple[int, int]]:
    """A bare route that answers as many bytes as a search."""
    content = httpx.post(_lps(ready), headers=MEDIA, content=_search(PEOPLE[0]), trust_env=False)
    port = free_port()
    with peer([sys.executable, "-c", STARLETTE, str(port)], port, content.content) as pid:
        yield pid, port


def _post(ready: dict[str, object], path: str, body: dict[str, object], method: str) -> None:
    httpx.request(method, f"{ready['http']}/t/{TENANT}{path}", json=body, trust_env=False
                  ).raise_for_status()


def _lps(ready: dict[str, object]) -> str:
    return f"{ready['http']}/t/{TENANT}/ins/lps"


def _pid(ready: dict[str, object]) -> int:
    return int(str(ready["pid"]))
