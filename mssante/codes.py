"""Header names, limits and addresses of MSSanté."""

from __future__ import annotations

X_MSS_CODECDA = "X-MSS-CODECDA"
X_MSS_INS = "X-MSS-INS"
X_MSS_NIL = "X-MSS-NIL"
X_MSS_MES = "X-MSS-MES"
FIN = "FIN"
"""Value of X-MSS-MES that closes the conversation with a patient."""

XDM_ARCHIVE = "IHE_XDM.ZIP"
LIBELLE_MAX = 40

MEBIBYTE = 1024 * 1024
# DEFAULT(size): the limit depends on the operator; 10 Mo is what vendors assume.
MAX_MESSAGE = 10 * MEBIBYTE
DRAINED = 10 * MAX_MESSAGE
"""A refused message is read to its end, so that the client reads the refusal; up to here."""
MAX_HELD = 64 * MEBIBYTE
"""Bytes of all the messages being received at a time."""
# DEFAULT(recipients): RFC 5321 §4.5.3.1.8 asks for 100 at least.
MAX_RECIPIENTS = 100
COMMAND_LENGTH = 2048
"""RFC 5321 §4.5.3.1.4 asks for 512 and each extension's own length."""
AUTH_LENGTH = 16 * 1024
"""A PSC access token is over 1 kB; RFC 4954 §4 lets AUTH lines be this long."""
LINE_MAX = 998
IDLE_SECONDS = 300.0
"""RFC 5321 §4.5.3.2: five minutes at least between commands."""
# DEFAULT(auth failures): source unknown; operators have a limit and do not publish it.
MAX_AUTH_FAILURES = 5
"""Refused tokens or mailboxes of one session; its next AUTH ends it."""
PARTING_SECONDS = 5.0
"""What a client has to read the last reply."""
MAX_CONNECTIONS = 200
