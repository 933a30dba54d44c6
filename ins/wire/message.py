"""One SOAP message of the téléservice, parsed: envelope, addressing, contexts, assertions."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lxml import etree

from ins.codes import NS_BAM, NS_LPS
from ins.domain.appel import Contexte
from services.kernel.exchange import Exchange
from services.soap.addressing import ACTION, MESSAGE_ID, header_of
from services.soap.calling import contexte_of
from services.soap.envelope import Envelope
from services.soap.message import received
from services.soap.namespaces import ADDRESSING, SECURITY
from services.soap.saml import Assertion, has_security, read_assertions

MOST_ELEMENTS = 200_000
"""A lot of ten thousand identities has some hundred and forty thousand."""
_UNDERSTOOD = frozenset({ADDRESSING, SECURITY, NS_LPS, NS_BAM})


@dataclass(frozen=True, slots=True)
class Message:
    """A message as received; security: whether it has a wsse:Security."""

    envelope: Envelope
    action: str
    message_id: str
    lps: Contexte | None
    bam: Contexte | None
    assertions: tuple[Assertion, ...]
    security: bool

    @property
    def payload(self) -> etree._Element:
        return self.envelope.payload


async def read_message(exchange: Exchange, actions: Collection[str] = ()) -> Message:
    """The message of a POST. actions: those that it could have said. Raises what
    `services.soap.errors` lists, or UNSUPPORTED_MEDIA_TYPE."""
    envelope = await received(exchange, _UNDERSTOOD, MOST_ELEMENTS, actions)
    return Message(
        envelope, header_of(envelope, ACTION), header_of(envelope, MESSAGE_ID),
        contexte_of(envelope.block(f"{{{NS_LPS}}}ContexteLPS"), NS_LPS),
        contexte_of(envelope.block(f"{{{NS_BAM}}}ContexteBAM"), NS_BAM),
        read_assertions(envelope), has_security(envelope),
    )
