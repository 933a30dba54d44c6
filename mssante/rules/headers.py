"""Headers of a submitted mail: identity of the message, of its sender and of its software."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mssante.codes import FIN, X_MSS_CODECDA, X_MSS_INS, X_MSS_MES, X_MSS_NIL
from mssante.domain.address import is_patient
from mssante.rules.documents import REFERENTIEL, RFC_5322, SEGUR
from mssante.rules.submission import Submission
from services.kernel.requirements import SOCLE
from services.kernel.rules import Mismatch, rule

_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_ABSENT = "(absent)"


@rule(
    "ECO.2.2.1", severity="warning", message="Chaque message porte un Message-ID et un seul.",
    source=(
        REFERENTIEL.requires("ECO.2.2.1"), SEGUR.requires("MSS/va1.12"), RFC_5322.at("§3.6.4"),
    ),
)
def message_id_is_unique(submission: Submission) -> Iterator[Mismatch]:
    found = submission.mail.all("Message-ID")
    if len(found) != 1 or not _MESSAGE_ID.fullmatch(found[0]):
        yield Mismatch("Message-ID", "un seul <identifiant@domaine>", " ; ".join(found) or _ABSENT)


@rule(
    "ECO.2.4.3", severity="error",
    message="Tout message porte X-MSS-NIL, la référence du logiciel qui l'a construit.",
    source=(REFERENTIEL.requires("ECO.2.4.3"), SEGUR.requires("SC.MSS/CONF.16")),
)
def software_is_named(submission: Submission) -> Iterator[Mismatch]:
    found = submission.mail.all(X_MSS_NIL)
    if len(found) != 1 or not found[0]:
        yield Mismatch(X_MSS_NIL, "la référence produit, une fois", " ; ".join(found) or _ABSENT)


@rule(
    "ECO.2.4.1", severity="error",
    message="X-MSS-CODECDA accompagne une archive IHE_XDM, et elle seule.",
    source=(REFERENTIEL.requires("ECO.2.4.1"), SEGUR.requires("SC.MSS/CONF.15")),
)
def cda_codes_follow_the_archive(submission: Submission) -> Iterator[Mismatch]:
    yield from _with_archive(submission, X_MSS_CODECDA, "les codes des documents CDA")


@rule(
    "ECO.2.4.2", severity="error",
    message="X-MSS-INS vaut O ou N et accompagne une archive IHE_XDM, et elle seule.",
    source=(REFERENTIEL.requires("ECO.2.4.2"), SEGUR.requires("SC.MSS/CONF.14")),
)
def ins_flag_follows_the_archive(submission: Submission) -> Iterator[Mismatch]:
    yield from _with_archive(submission, X_MSS_INS, "O ou N")
    value = submission.mail.first(X_MSS_INS)
    if value and value not in ("O", "N"):
        yield Mismatch(X_MSS_INS, "O ou N", value)


@rule(
    "ECO.2.2.8", severity="error",
    message="X-MSS-MES vaut FIN, en majuscules, et ne va qu'à un patient.",
    source=(REFERENTIEL.requires("ECO.2.2.8"), SEGUR.requires("SC.MSS/CONF.21")),
)
def end_of_exchange_is_spelled(submission: Submission) -> Iterator[Mismatch]:
    found = submission.mail.all(X_MSS_MES)
    if found and found != [FIN]:
        yield Mismatch(X_MSS_MES, FIN, " ; ".join(found))
    elif found and not any(map(is_patient, submission.recipients)):
        yield Mismatch(X_MSS_MES, "absent d'un message sans patient destinataire", found[0])


@rule(
    "MSS-EXPEDITEUR", severity="error",
    message="L'en-tête From n'est pas la boîte aux lettres authentifiée.",
    source=SOCLE,
)
def header_from_is_the_mailbox(submission: Submission) -> Iterator[Mismatch]:
    found = [address.lower() for _, address in submission.mail.addresses("From")]
    if found != [submission.sender.address.lower()]:
        yield Mismatch("From", submission.sender.address, ", ".join(found) or _ABSENT)


@rule(
    "ECO.2.2.7", severity="warning",
    message="Le nom affiché de l'expéditeur suit la forme du référentiel.",
    source=(REFERENTIEL.requires("ECO.2.2.7"), SEGUR.requires("MSS/va1.16")),
)
def sender_has_a_display_name(submission: Submission) -> Iterator[Mismatch]:
    name = next((shown for shown, _ in submission.mail.addresses("From")), "")
    personal = submission.sender.type == "PER"
    if not name:
        yield Mismatch("From", "Intitulé <adresse>", "(sans nom affiché)")
    elif personal and not any(part.isupper() for part in name.split("_")[1:]):
        yield Mismatch("From", "Titre_Prénom_NOM_Entité", name)


HEADERS = (
    message_id_is_unique, software_is_named, cda_codes_follow_the_archive,
    ins_flag_follows_the_archive, end_of_exchange_is_spelled, header_from_is_the_mailbox,
    sender_has_a_display_name,
)


def _with_archive(submission: Submission, header: str, expected: str) -> Iterator[Mismatch]:
    found = submission.mail.first(header)
    if submission.mail.has_archive and not found:
        yield Mismatch(header, expected, _ABSENT)
    if found and not submission.mail.has_archive:
        yield Mismatch(header, "absent d'un message sans IHE_XDM.ZIP", found)
