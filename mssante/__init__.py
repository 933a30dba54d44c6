"""MSSanté: mails submitted with a Pro Santé Connect token, stored, read by the control API."""

from mssante import errors
from mssante.control import build_router
from mssante.rules import content, headers
from mssante.wire.smtp_auth import SMTP_AUTH
from mssante.wire.smtp_data import SMTP_DATA
from mssante.wire.smtp_submission import close_connections, protocol_factory
from services.kernel.errors import catalogue
from services.kernel.rules import rules_of
from services.kernel.transactions import Listener, Service

SERVICE = Service(
    id="mssante",
    name="MSSanté",
    prefixes={},
    transactions=(SMTP_AUTH, SMTP_DATA),
    errors=tuple(catalogue(errors)),
    rules=rules_of(headers, content),
    control=build_router,
    listeners=(Listener("smtp", protocol_factory, close_connections),),
    state="soumission SMTP, accusés de réception, lecture HTTP ; IMAP à venir",
)
