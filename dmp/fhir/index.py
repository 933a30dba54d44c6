"""What DocumentReference and List are found by, read from the resource as stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from dmp import codes
from dmp.domain import Acteur
from dmp.fhir.elements import Around, Json, acteur, extension, get, identifiers, items, text
from services.fhir.criteria import Kind, Parameter, following
from services.fhir.dates import interval, period
from services.fhir.store import Indexes

AUDIENCE = "_audience"
"""Who may find a resource: not a parameter of the API, added to every search. Its tokens are
(system, code): a professional is (`PERSON`, id_nat)."""
EVERYONE = ("", "tous")
PERSON = f"urn:oid:{codes.IDNPS}"

Audience = Iterable[tuple[str, str]]
Token = tuple[str, str, str]
Reference = tuple[str, str, str]


def _tested(
    name: str, kind: Kind, documentation: str, targets: tuple[str, ...] = ()
) -> Parameter:
    """What resources of the patient are tested for: every search starts from the patient, if not
    from an identifier."""
    return Parameter(name, kind, documentation, targets, leads=False)


_SHARED = (
    Parameter("patient", "reference", "Patient du DMP (obligatoire)", ("Patient",)),
    _tested("status", "token", "Statut (obligatoire) : current ou superseded"),
    Parameter("identifier", "token", "Identifiant unique ou logique", selective=True),
    _tested("date", "date", "Date de la fiche ou du lot"),
    _tested("isArchived", "token", "PDSm : fiche ou lot archivé"),
)
DOCUMENT_PARAMETERS = (
    *_SHARED,
    _tested("type", "token", "Type du document (JDV_J66)"),
    _tested("category", "token", "Classe du document (JDV_J57)"),
    _tested("setting", "token", "Cadre d'exercice (JDV_J62)"),
    _tested("facility", "token", "Secteur d'activité (JDV_J61)"),
    _tested("format", "token", "Format (JDV_J60)"),
    _tested("event", "token", "Actes documentés"),
    _tested("security-label", "token", "Confidentialité et visibilité (JDV_J58)"),
    _tested("creation", "date", "Création de la pièce"),
    _tested("period", "date", "Période de l'acte"),
    _tested("period-start", "date", "PDSm : début de l'acte"),
    _tested("period-end", "date", "PDSm : fin de l'acte"),
    _tested(
        "author", "reference", "Auteur, par author.identifier",
        ("Practitioner", "PractitionerRole", "Organization", "Device", "Patient"),
    ),
    _tested("author.family", "string", "Nom d'un auteur"),
    _tested("author.given", "string", "Prénom d'un auteur"),
    _tested("relatesto", "reference", "Document lié", ("DocumentReference",)),
    _tested("relation", "token", "Nature du lien : replaces, appends, transforms, signs"),
)
LIST_PARAMETERS = (
    *_SHARED,
    _tested("code", "token", "Nature de la liste (obligatoire) : submissionset"),
    _tested("title", "string", "Titre du lot"),
    _tested("designationType", "token", "Type d'activité (JDV_J59)"),
    _tested("sourceId", "token", "Système source"),
    _tested("source", "reference", "Auteur du lot, par source.identifier", ("Practitioner",)),
)
FOLLOWING = following((_tested(AUDIENCE, "token", ""), *DOCUMENT_PARAMETERS, *LIST_PARAMETERS))


def audience_of(masked: bool, readers: Iterable[str]) -> Audience:
    """readers: `id_nat` of who may find a masked document."""
    return [(PERSON, one) for one in readers] if masked else [EVERYONE]


def document_indexes(
    resource: Json, patient_id: str, audience: Audience, auteurs: Sequence[Acteur] | None = None
) -> Indexes:
    """auteurs: who its authors are, where that was read already."""
    around = Around.of(resource, {})
    authors = items(resource, "author")
    if auteurs is None:
        auteurs = [acteur(one, around) for one in authors]
    context, content = get(resource, "context"), get(resource, "content", 0)
    related = items(resource, "relatesTo")
    concepts = [
        ("type", [get(resource, "type")]), ("category", items(resource, "category")),
        ("setting", [get(context, "practiceSetting")]),
        ("facility", [get(context, "facilityType")]), ("event", items(context, "event")),
        ("security-label", items(resource, "securityLabel")),
    ]
    tokens = [*_always(resource, audience), ("format", *_coding(get(content, "format")))]
    tokens += [token for name, values in concepts for token in _concepts(name, values)]
    tokens += [("relation", "", text(one, "code")) for one in related]
    people = list(zip(authors, auteurs, strict=True))
    return Indexes(
        [token for token in tokens if token[2]],
        [("patient", "Patient", patient_id), *_documents("relatesto", related)],
        [one for each in people for one in _identifiers("author", *each, around)],
        [("author.family", one.nom) for _, one in people if one.nom]
        + [("author.given", one.prenom) for _, one in people if one.prenom],
        list(_document_dates(resource)),
        following=FOLLOWING,
    )


def list_indexes(
    resource: Json, patient_id: str, audience: Audience, auteur: Acteur | None
) -> Indexes:
    """auteur: who its source is, None without one."""
    around = Around.of(resource, {})
    designation = get(extension(resource, "ihe-designationType"), "valueCodeableConcept")
    source_id = get(extension(resource, "ihe-sourceId"), "valueIdentifier")
    title, source = text(resource, "title"), get(resource, "source")
    tokens = [
        *_always(resource, audience), *_concepts("code", [get(resource, "code")]),
        *_concepts("designationType", [designation]),
        ("sourceId", text(source_id, "system"), text(source_id, "value")),
    ]
    return Indexes(
        [token for token in tokens if token[2]],
        [("patient", "Patient", patient_id)],
        list(_identifiers("source", source, auteur or Acteur(), around)),
        [("title", title)] if title else [],
        list(_dates(("date", text(resource, "date")))),
        following=FOLLOWING,
    )


def _always(resource: Json, audience: Audience) -> Iterator[Token]:
    yield "status", "", text(resource, "status")
    archived = get(extension(resource, "pdsm-ext-is-archived"), "valueBoolean") is True
    yield "isArchived", "", str(archived).lower()
    for identifier in (get(resource, "masterIdentifier"), *items(resource, "identifier")):
        yield "identifier", text(identifier, "system"), text(identifier, "value")
    for who in audience:
        yield AUDIENCE, *who


def _concepts(name: str, concepts: Iterable[object]) -> Iterator[Token]:
    for concept in concepts:
        for coding in items(concept, "coding"):
            yield name, *_coding(coding)


def _coding(coding: object) -> tuple[str, str]:
    return text(coding, "system"), text(coding, "code")


def _documents(name: str, related: Iterable[object]) -> Iterator[Reference]:
    for one in related:
        rtype, _, id = text(one, "target", "reference").rpartition("/")
        if rtype == "DocumentReference":
            yield name, rtype, id


def _identifiers(
    name: str, reference: object, known: Acteur, around: Around
) -> Iterator[Token]:
    """The identifiers as sent, and the national one whatever the system it was sent in."""
    target = around.find(text(reference, "reference"))
    for identifier in identifiers(reference, target):
        value = text(identifier, "value")
        if value:
            yield name, text(identifier, "system"), value
    if known.id_nat:
        yield name, PERSON, known.id_nat
    if known.structure:
        yield name, f"urn:oid:{codes.IDNST}", known.structure


def _document_dates(resource: Json) -> Iterator[tuple[str, int, int]]:
    around = get(resource, "context", "period")
    start, end = text(around, "start"), text(around, "end")
    if start or end:
        with suppress(ValueError, OverflowError):
            yield "period", *period(start, end)
    yield from _dates(
        ("date", text(resource, "date")),
        ("creation", text(resource, "content", 0, "attachment", "creation")),
        ("period-start", start), ("period-end", end),
    )


def _dates(*named: tuple[str, str]) -> Iterator[tuple[str, int, int]]:
    for name, value in named:
        if value:
            with suppress(ValueError, OverflowError):
                yield name, *interval(value)
