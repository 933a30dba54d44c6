"""The MLLP port: frames in, acknowledgements out, one at a time on each connection.

A frame is 0x0B, the message, 0x1C 0x0D (HL7 v2.5, MLLP release 1). What is no frame, too long, too
slow or never read ends the connection; the journal says why.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from ins.rniv import errors
from ins.rniv.wire.acquittement import acquitter
from ins.rniv.wire.er7 import entete_of
from ins.rniv.wire.pam import AUTRE, entete_status, espace_de, kept, repondre
from services.kernel.clock import real_now
from services.kernel.ids import exchange_id
from services.kernel.journal import Entry
from services.kernel.sandbox import Sandbox

START, END = b"\x0b", b"\x1c\r"
MESSAGE_BYTES = 64 * 1024
FRAME_SECONDS = 30.0
"""From the first byte of a frame to its last."""
IDLE_SECONDS = 600.0
"""Of a connection on which nothing is asked."""
UNREAD_BYTES = 64 * 1024
WAITING = 4
"""Messages received ahead of the one in progress: no more is read meanwhile."""
CONNECTIONS = 100
"""When they are all in use, the one that has been idle longest makes room."""
GRACE_SECONDS = 0.4
PARTING_SECONDS = 5.0
"""For a client to read a refusal, and to stop sending what is refused."""
RESOURCE = "rniv.connections"


class Mllp(asyncio.Protocol):
    """One connection."""

    def __init__(self, sandbox: Sandbox, open_: set[Mllp]) -> None:
        self._sandbox = sandbox
        self._open = open_
        self._buffer = bytearray()
        self._waiting: deque[bytes] = deque()
        self._task: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._over = False  # no more is read
        self.since = 0.0
        """When the last frame began or ended, loop time."""

    @property
    def idle(self) -> bool:
        """Whether nothing is asked: no message begun, none being answered."""
        return not (self.busy or self._buffer or self._waiting)

    @property
    def busy(self) -> bool:
        """Whether a message is being answered."""
        return self._task is not None and not self._task.done()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        host, port = transport.get_extra_info("peername", ("", 0))[:2]
        self._peer = f"{host}:{port}"
        self._transport.set_write_buffer_limits(UNREAD_BYTES)
        if len(self._open) >= CONNECTIONS:
            idle = [each for each in self._open if each.idle]
            if not idle:
                self._cut(b"", "Trop de connexions MLLP à la fois.")
                return
            longest = min(idle, key=lambda each: each.since)
            self._open.discard(longest)
            longest.hang_up()
        self._open.add(self)
        self._wait(IDLE_SECONDS)

    def connection_lost(self, error: Exception | None) -> None:
        self._open.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        if self._buffer:
            self._note(bytes(self._buffer), b"", "Connexion coupée au milieu d'un message.")
            self._buffer.clear()

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        begins = not self._buffer
        self._buffer += data
        self._look(begins)

    def pause_writing(self) -> None:
        """The client does not read its answers."""
        self._cut(b"", "Le client ne lit pas ses acquittements.")

    def hang_up(self) -> None:
        """Close politely."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _look(self, begins: bool = False) -> None:
        """Take what messages there is room for. begins: a frame does; its time starts."""
        begins = self._frames() or begins
        if begins:
            self._wait(FRAME_SECONDS if self._buffer else IDLE_SECONDS)

    def _frames(self) -> bool:
        """Take the whole messages; whether there was one, so that another begins."""
        taken = False
        while self._buffer:
            if self._buffer[0] in b"\r\n":  # some senders put one between frames
                self._buffer[:] = self._buffer.lstrip(b"\r\n")
                continue
            if self._buffer[:1] != START:
                self._cut(bytes(self._buffer[:MESSAGE_BYTES]), "Ce qui est reçu n'est pas du MLLP.")
                break
            if len(self._waiting) >= WAITING:
                break
            end = self._buffer.find(END)
            if end > MESSAGE_BYTES or (end < 0 and len(self._buffer) > MESSAGE_BYTES + 3):
                self._too_long()
                break
            if end < 0:
                break
            taken = True
            self._waiting.append(bytes(self._buffer[1:end]))
            del self._buffer[:end + len(END)]
            if not self.busy:
                self._task = asyncio.get_running_loop().create_task(self._answer())
        if self._transport is not None and not self._transport.is_closing():
            if len(self._waiting) >= WAITING:
                self._transport.pause_reading()
            elif not self._transport.is_reading():
                self._transport.resume_reading()
        return taken

    async def _answer(self) -> None:
        while self._waiting and self._transport is not None:
            made = await repondre(self._sandbox, self._peer, self._waiting.popleft())
            if self._over or self._transport.is_closing():
                return
            if made is None:
                self.abort()
                return
            self._transport.write(START + made.content + (END if made.whole else b""))
            if not made.whole:
                self.hang_up()
                return
            # A message may be refused without a pause: others have their turn all the same.
            await asyncio.sleep(0)
            self._look()

    def _too_long(self) -> None:
        content = bytes(self._buffer[1:MESSAGE_BYTES])
        entete = entete_of(content)
        tenant = self._sandbox.tenants.remembered(espace_de(entete))
        refusal = errors.TYPE_DE_DONNEE(
            "Message trop long.", at="MSH^1", expected=f"au plus {MESSAGE_BYTES} octets"
        )
        answer = acquitter(tenant, entete, "AE", refusal).encode("utf-8")
        self._buffer.clear()
        self._over = True
        self._note(content, answer, "Message trop long : il n'est pas lu.", self._say_and_close)

    def _say_and_close(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(START + answer + END)
            # What still comes is read: a close upon unread bytes would take the answer back.
            self._transport.write_eof()
            self._wait(PARTING_SECONDS)

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self.since = loop.time()
        self._timer = loop.call_later(seconds, self._late)

    def _late(self) -> None:
        if self._over:
            self.abort()
            return
        if self.busy:
            self._wait(FRAME_SECONDS)
            return
        if self._buffer:
            self._cut(bytes(self._buffer), f"Message inachevé après {FRAME_SECONDS:.0f} secondes.")
            return
        self.hang_up()

    def _cut(self, received: bytes, why: str) -> None:
        self._buffer.clear()
        self._waiting.clear()
        self._note(received, b"", why)
        self.abort()

    def _note(
        self, received: bytes, answer: bytes, why: str,
        say: Callable[[bytes], None] = lambda answer: None,
    ) -> None:
        """A line of the journal for what never became a message; then `say` the answer."""
        at, entete = real_now(), entete_of(received.lstrip(START))
        request = kept(self._sandbox, received)
        self._sandbox.mishaps.note(espace_de(entete), lambda key: Entry(
            exchange_id(), key, at, "ins", AUTRE.code, "MLLP", self._peer,
            entete.code.strip("^") or "MLLP", entete_status(answer), "fail", "default", request,
            answer, note=why, duration=real_now() - at,
        ), then=lambda: say(answer))


def protocol_factory(sandbox: Sandbox) -> Callable[[], asyncio.Protocol]:
    """What `loop.create_server` needs."""
    open_ = _connections(sandbox)
    return lambda: Mllp(sandbox, open_)


async def close_connections(sandbox: Sandbox) -> None:
    """Let what is being stored be answered, then close."""
    open_ = _connections(sandbox)
    busy = [each._task for each in open_ if each.busy and each._task is not None]
    if busy:
        await asyncio.wait(busy, timeout=GRACE_SECONDS)
    for each in list(open_):
        each.hang_up()
    await asyncio.sleep(0.01)
    for each in list(open_):
        each.abort()
    late = [task for task in busy if not task.done()]
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=GRACE_SECONDS)


def _connections(sandbox: Sandbox) -> set[Mllp]:
    found: Any = sandbox.resources.setdefault(RESOURCE, set())
    connections: set[Mllp] = found
    return connections


