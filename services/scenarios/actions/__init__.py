"""The named actions that steps may use: one file each, `(stage, step) -> facts`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.scenarios.actions.check_authorisation import check_authorisation
from services.scenarios.actions.consult_prescription import consult_prescription
from services.scenarios.actions.create_patient import create_patient
from services.scenarios.actions.declare_authorisation import declare_authorisation
from services.scenarios.actions.deposit_document import deposit_document
from services.scenarios.actions.execute_prescription import execute_prescription
from services.scenarios.actions.fetch_document import fetch_document
from services.scenarios.actions.find_documents import find_documents
from services.scenarios.actions.find_ins import find_ins
from services.scenarios.actions.log_in import log_in
from services.scenarios.actions.prepare_document import prepare_document
from services.scenarios.actions.print_findings import print_findings
from services.scenarios.actions.read_mailbox import read_mailbox
from services.scenarios.actions.register_prescription import register_prescription
from services.scenarios.actions.send_mail import send_mail
from services.scenarios.definition import Step
from services.scenarios.stage import Facts, Stage

Action = Callable[[Stage, Step], Facts]

ACTIONS: Mapping[str, Action] = {
    action.__name__: action
    for action in (
        log_in, find_ins, create_patient, register_prescription, prepare_document,
        deposit_document, send_mail, check_authorisation, declare_authorisation,
        consult_prescription, execute_prescription, find_documents, fetch_document, read_mailbox,
        print_findings,
    )
}
