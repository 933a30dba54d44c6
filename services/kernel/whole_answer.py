"""An answer that is known as a whole leaves in one write, without the checks of a streamed one."""

from __future__ import annotations

import re
from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

Headers = list[tuple[bytes, bytes]]
Respond = Callable[[int, Headers, bytes], bool]
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""What no header may carry: it would begin another one, or another answer."""


def respond(cycle: RequestResponseCycle, status: int, headers: Headers, body: bytes) -> bool:
    """Write all of it and end the exchange; False when it has to be sent the usual way.

    headers: lower-case names, `content-length` among them; body: b"" for HEAD. The usual way is
    for a client that is gone or slow, for an answer that names its connection, and for a header
    that is refused there.
    """
    if cycle.disconnected or cycle.response_started or cycle.flow.write_paused:
        return False
    head = [STATUS_LINE[status]]
    for name, value in (*cycle.default_headers, *headers):
        if name == b"connection" or _CONTROL.search(value) is not None:
            return False
        head += (name, b": ", value, b"\r\n")
    head.append(b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
    cycle.transport.writelines((b"".join(head), body))
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True
