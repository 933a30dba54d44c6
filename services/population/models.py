"""The people and organisations that every service knows. Values only: no look-up, no persistence.

All are frozen: a tenant's change is a new value in its overlay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Behaviours = Mapping[str, str]
"""Service id → French sentence: what that identity makes the service do."""


@dataclass(frozen=True, slots=True)
class Matricule:
    """A matricule INS: 13 characters, its key (2 digits) and the OID of the authority.

    date_debut, date_fin: validity in a history, `YYYY-MM-DD` or "".
    """

    value: str
    cle: str
    oid: str
    date_debut: str = ""
    date_fin: str = ""

    @property
    def ins(self) -> str:
        """The 15 characters used by CDA, FHIR, HL7 v2 and the datamatrix."""
        return self.value + self.cle


@dataclass(frozen=True, slots=True)
class DmpState:
    """The patient's DMP.

    closed_on: `YYYY-MM-DD`; opposed: `id_nat` of blocked professionals, and the words
    `bris_de_glace` and `centre_15` for the opposition to these access modes.
    """

    status: Literal["active", "none", "closed"] = "active"
    closed_on: str = ""
    closed_reason: str = ""
    opposed: tuple[str, ...] = ()
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient with its five strict traits (RNIV) and its matricule.

    date_naissance: `YYYY-MM-DD`, lunar dates such as `1950-00-00` included; lieu_naissance: COG
    code or "" when the source gives none; mailbox: MSSanté patient address or "" when none.
    """

    id: str
    matricule: Matricule
    nom_naissance: str
    prenoms: tuple[str, ...]
    sexe: Literal["M", "F"]
    date_naissance: str
    lieu_naissance: str = ""
    historique: tuple[Matricule, ...] = ()
    nom_utilise: str = ""
    dmp: DmpState = field(default_factory=DmpState)
    mailbox: str = ""
    behaviours: Behaviours = field(default_factory=dict, hash=False)

    @property
    def ins(self) -> str:
        """The 15 characters of the active matricule."""
        return self.matricule.ins

    @property
    def liste_prenoms(self) -> str:
        """All birth given names separated by a space, as the INSi writes them."""
        return " ".join(self.prenoms)


@dataclass(frozen=True, slots=True)
class Activity:
    """Where and how a profession is exercised (codes: TRE_R23, R02, R21, R22, G05 of the NOS)."""

    structure_id: str
    mode: Literal["L", "S", "B"]
    secteur: str
    role: str = ""
    genre: str = ""
    section_pharmacien: str = ""


@dataclass(frozen=True, slots=True)
class Exercice:
    """An exercise: one profession in one category (C civil, M military, E student)."""

    profession: str
    categorie: Literal["C", "M", "E"]
    civilite: str
    nom: str
    prenom: str
    type_savoir_faire: str = ""
    savoir_faire: str = ""
    activities: tuple[Activity, ...] = ()


@dataclass(frozen=True, slots=True)
class Professional:
    """A professional or an employee of a structure, as Pro Santé Connect knows them.

    id_nat: `8`+RPPS, `0`+ADELI, `3`+FINESS or `5`+SIRET +`/`+internal id, or `ANS`+14 digits;
    rpps: 11 digits or ""; nom, prenom: of civil status, those of an exercise may differ;
    regulation: works in emergency regulation (centre 15).
    """

    id: str
    id_nat: str
    rpps: str
    civilite: str
    nom: str
    prenom: str
    card: Literal["CPS", "CPE", "CPF"]
    origine: Literal["RPPS", "ADELI", "FINESS", "SIRET", "EDIT"]
    exercices: tuple[Exercice, ...] = ()
    regulation: bool = False
    behaviours: Behaviours = field(default_factory=dict, hash=False)

    @property
    def profession(self) -> str:
        """Profession code of the first exercise, or "" for a person without one."""
        return self.exercices[0].profession if self.exercices else ""

    @property
    def activities(self) -> tuple[Activity, ...]:
        """Activities of all exercises, in order."""
        return tuple(activity for one in self.exercices for activity in one.activities)

    @property
    def structure_ids(self) -> tuple[str, ...]:
        """Structures of all activities, in order, each once."""
        return tuple(dict.fromkeys(activity.structure_id for activity in self.activities))


@dataclass(frozen=True, slots=True)
class Structure:
    """A place of exercise.

    kind: `cabinet`, `hopital_ej` (legal entity), `hopital`, `pharmacie`, `laboratoire`, `samu`,
    `ehpad` or `optique`; technical_id: `F`+FINESS, `C`+SIRET or `R`+number; id_nat
    (Struct_IdNat): `1`+FINESS, `3`+SIRET or `4`+RPPS+rank+key; secteur: TRE_R02.
    """

    id: str
    nom: str
    kind: str
    technical_id: str
    id_nat: str
    secteur: str
    finess: str = ""
    finess_ej: str = ""
    siret: str = ""
    voie_numero: str = ""
    voie_type: str = ""
    voie_libelle: str = ""
    code_postal: str = ""
    commune: str = ""
    commune_cog: str = ""
    telephone: str = ""
    behaviours: Behaviours = field(default_factory=dict, hash=False)

    @property
    def siren(self) -> str:
        """First nine digits of the SIRET, or ""."""
        return self.siret[:9]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An MSSanté mailbox: personal, organisational, applicative, or a patient's.

    owner_id: id of the professional (PER), structure (ORG, APP) or patient (PAT);
    delegates: `id_nat` of the professionals who may open an ORG mailbox; title: display name.
    """

    address: str
    type: Literal["PER", "ORG", "APP", "PAT"]
    owner_id: str
    delegates: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """An OAuth client of Pro Santé Connect. flows: `grant_type` values it may use.

    any_loopback: any redirect and logout URI on a loopback address is accepted; wildcard: its
    redirect URIs may end with `/*`, which the test platform alone tolerates; space: see
    `codes.SPACES`; profile: a date of `codes.PROFILES`, "" for the tenant's own; the two logout
    URIs are told when a session ends, by the server or in the browser; api_scopes: what it may
    ask of the APIs of the espace de confiance, everything when empty; require_pkce: whether its
    log-ins must have a challenge; auth_methods: of `codes.AUTH_METHODS`, how it may prove itself,
    every way when empty.
    """

    client_id: str
    client_secret: str
    name: str
    any_loopback: bool = False
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    flows: tuple[str, ...] = ()
    wildcard: bool = False
    space: Literal["communautaire", "edc"] = "communautaire"
    profile: str = ""
    backchannel_logout_uri: str = ""
    frontchannel_logout_uri: str = ""
    api_scopes: tuple[str, ...] = ()
    require_pkce: bool = False
    auth_methods: tuple[str, ...] = ()
