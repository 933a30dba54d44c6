"""The INS datamatrix over HTTP: writing it, and reading one with every fault explained.

Ours: no national service does this. No token: nothing is looked up that the caller did not send,
save whether the sandbox knows the person.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ins import errors
from ins.domain.datamatrix import (
    VERSION,
    Lecture,
    ecrire,
    lire,
    mal_mesures,
    traits_of,
    visible,
)
from ins.rules.datamatrix import CONTENU, statut
from services.kernel import barcodes
from services.kernel import errors as kernel_errors
from services.kernel.dialects import JSON
from services.kernel.exchange import Answer, Exchange
from services.kernel.rules import Finding, observe
from services.kernel.transactions import MEBIBYTE, transaction
from services.population import Patient, people

BASE = "/ins/datamatrix"
MEMBERS = (
    "matricule", "cle", "oid", "nom_naissance", "liste_prenoms", "prenoms", "sexe",
    "date_naissance", "lieu_naissance", "statut",
)
LABEL = "INS à scanner"
TEXT = "text/plain"
MOST_TEXT = 4096
"""Characters of a text to check: the longest datamatrix has some 300."""
MODULE, MARGIN = (1, 40), (1, 40)
AT_ONCE = 2
"""Pictures read at the same time, in this process."""


@transaction(
    "ins.datamatrix", name="Écriture d'un datamatrix INS", spec=VERSION, dialect=JSON,
    routes=(f"POST {BASE}/{{format}}",), fidelity="derived", max_body=MEBIBYTE // 16,
    consumes=("application/json",),
)
async def ecriture(exchange: Exchange) -> Answer:
    format = exchange.path_params["format"]
    if format not in FORMATS:
        raise errors.DM_FORMAT(at="chemin", expected=", ".join(FORMATS), found=format)
    module, margin, labelled = _drawing(exchange)
    traits, said = _identity(exchange.json())
    observe(exchange, (statut,), said)
    unfit = next(mal_mesures(traits), None)
    if unfit is not None:
        at, expected, found = unfit
        raise errors.DM_REFUSE(at=at, expected=expected, found=found)
    texte = ecrire(traits)
    observe(exchange, CONTENU, lire(texte))
    wrong = next((each for each in exchange.findings if each.severity == "error"), None)
    if wrong is not None:
        raise errors.DM_REFUSE(
            wrong.message, at=wrong.at, expected=wrong.expected, found=wrong.found
        )
    return await drawn(texte, format, module, margin, labelled)


@transaction(
    "ins.datamatrix.lecture", name="Lecture et contrôle d'un datamatrix INS", spec=VERSION,
    dialect=JSON, routes=(f"POST {BASE}/lecture",), fidelity="derived", max_body=8 * MEBIBYTE,
    consumes=(*barcodes.PICTURES, TEXT),
)
async def lecture(exchange: Exchange) -> Answer:
    texts = await _texts(exchange)
    who = people(exchange.sandbox.database, exchange.tenant)
    found = []
    for texte in texts:
        read = lire(texte)
        known = await who.patient_by_ins(read.value("S1")) if read.value("S1") else None
        before = len(exchange.findings)
        observe(exchange, CONTENU, replace(read, known=known, looked_up=True))
        found.append(explained(read, exchange.findings[before:]))
    exchange.outcome_note = f"{sum(each['valide'] for each in found)} sur {len(found)} valide"
    return Answer.json({"datamatrix": found})


def explained(read: Lecture, findings: Iterable[Finding]) -> dict[str, Any]:
    """What a datamatrix says, and each fault: where, what was expected, what was found."""
    told = [
        {"regle": each.rule, "gravite": each.severity, "emplacement": each.at,
         "attendu": each.expected, "trouve": each.found, "message": each.message,
         "source": each.source}
        for each in findings
    ]
    return {
        "valide": not any(each["gravite"] == "error" for each in told),
        "texte": visible(read.texte), "traits": read.traits,
        "blocs": [{"id": each.id, "valeur": each.value, "position": each.at}
                  for each in read.blocs],
        "constats": told,
    }


async def of_patient(patient: Patient, format: str) -> Answer:
    """Of someone of the population, for the control API. Raises DM_FORMAT."""
    if format not in FORMATS:
        raise errors.DM_FORMAT(at="format", expected=", ".join(FORMATS), found=format)
    return await drawn(ecrire(traits_of(patient)), format)


async def drawn(
    texte: str, format: str, module: int = 6, margin: int = 1, labelled: bool = False
) -> Answer:
    """The text in one of FORMATS."""
    if format == "txt":
        return Answer(200, texte.encode(), FORMATS[format])
    code = await asyncio.to_thread(barcodes.draw, texte, "DataMatrix")
    if format == "png":
        return Answer(200, await asyncio.to_thread(code.png, module, margin), FORMATS[format])
    label = LABEL if labelled else ""
    return Answer(200, code.svg("Datamatrix INS", module, margin, label).encode(), FORMATS[format])


FORMATS: Mapping[str, str] = {
    "png": "image/png", "svg": "image/svg+xml", "txt": "text/plain; charset=utf-8",
}


async def _texts(exchange: Exchange) -> tuple[str, ...]:
    """Of a picture, or the one text sent as such. Raises DM_IMAGE, DM_TROP_GRANDE or DM_AUCUN."""
    if exchange.media_type == TEXT:
        try:
            texte = exchange.body.decode()
        except UnicodeDecodeError as error:
            raise kernel_errors.MALFORMED("Le texte n'est pas de l'UTF-8.") from error
        if len(texte) > MOST_TEXT:
            raise kernel_errors.BODY_TOO_LARGE(expected=f"{MOST_TEXT} caractères au plus")
        return (texte.rstrip("\r\n").replace("<GS>", "\x1d"),)
    try:
        async with _turn(exchange):
            found = await asyncio.to_thread(barcodes.read, exchange.body, "DataMatrix")
    except barcodes.TooLarge as error:
        raise errors.DM_TROP_GRANDE(str(error)) from error
    except barcodes.BadPicture as error:
        raise errors.DM_IMAGE(str(error)) from error
    if not found:
        raise errors.DM_AUCUN(expected="un Data Matrix ECC 200, avec sa marge blanche")
    return found


def _turn(exchange: Exchange) -> asyncio.Semaphore:
    """Few pictures at once: a large one takes a hundred megabytes while it is read."""
    gate: asyncio.Semaphore = exchange.sandbox.resources.setdefault(
        "ins.datamatrix", asyncio.Semaphore(AT_ONCE)
    )
    return gate


def _identity(content: Any) -> tuple[dict[str, str], str]:
    """Traits as `Lecture.traits` names them, and the status. Raises DM_IDENTITE."""
    if not isinstance(content, dict):
        raise errors.DM_IDENTITE(expected="un objet", found=type(content).__name__)
    for name, value in content.items():
        if name not in MEMBERS:
            raise errors.DM_IDENTITE(at=name[:100], expected=", ".join(MEMBERS), found="inconnu")
        right = isinstance(value, list) if name == "prenoms" else isinstance(value, str)
        if not right or any(not isinstance(each, str) for each in value):
            raise errors.DM_IDENTITE(at=name, expected="un texte", found=type(value).__name__)
    given = dict(content)
    prenoms = given.pop("prenoms", None)
    if prenoms is not None:
        given["liste_prenoms"] = " ".join(prenoms)
    said = given.pop("statut", "")
    number = given.get("matricule", "")
    if len(number) == 15 and "cle" not in given:
        given |= {"matricule": number[:13], "cle": number[13:]}
    return {name: given.get(name, "") for name in MEMBERS[:-1] if name != "prenoms"}, said


def _drawing(exchange: Exchange) -> tuple[int, int, bool]:
    """Pixels of a module, modules of the margin, whether SVG has the label."""
    asked = dict(exchange.query)
    return (
        _number(asked, "module", 6, MODULE), _number(asked, "marge", 1, MARGIN),
        asked.get("libelle", "") == "1",
    )


def _number(asked: Mapping[str, str], name: str, default: int, bounds: tuple[int, int]) -> int:
    text = asked.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 4) or not (
        bounds[0] <= int(text) <= bounds[1]
    ):
        raise errors.DM_IDENTITE(at=name, expected=f"de {bounds[0]} à {bounds[1]}", found=text)
    return int(text)
