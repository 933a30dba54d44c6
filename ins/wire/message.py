"""One SOAP message of the téléservice, parsed: envelope, addressing, contexts, assertions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from lxml import etree

from ins.codes import NS_BAM, NS_LPS
from ins.domain.appel import Contexte
from services.kernel import errors as kernel_errors
from services.kernel.exchange import Exchange
from services.soap import errors
from services.soap.addressing import ACTION, MESSAGE_ID, header_of, http_action
from services.soap.envelope import Envelope, first_texts, read_envelope, require_understood
from services.soap.namespaces import ADDRESSING, MEDIA_TYPE, SECURITY
from services.soap.saml import Assertion, has_security, read_assertions

MOST_ELEMENTS = 200_000
"""A lot of ten thousand identities has some hundred and forty thousand."""
LARGE = 256 * 1024
"""Bytes above which a message is parsed aside."""
_UNDERSTOOD = frozenset({ADDRESSING, SECURITY, NS_LPS, NS_BAM})
_LPS, _BAM = f"{{{NS_LPS}}}", f"{{{NS_BAM}}}"


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


async def read_message(exchange: Exchange) -> Message:
    """The message of a POST. Raises what `services.soap.errors` lists, or
    UNSUPPORTED_MEDIA_TYPE."""
    content = exchange.body
    if len(content) > LARGE:
        envelope = await asyncio.to_thread(read_envelope, content, MOST_ELEMENTS)
    else:
        envelope = read_envelope(content, MOST_ELEMENTS)
    if exchange.media_type != MEDIA_TYPE:
        raise kernel_errors.UNSUPPORTED_MEDIA_TYPE(
            at="Content-Type", expected=MEDIA_TYPE, found=exchange.media_type or "(absent)"
        )
    require_understood(envelope, _UNDERSTOOD)
    action = header_of(envelope, ACTION) or http_action(exchange)
    transaction = exchange.transaction
    if transaction is None or not transaction.action or action != transaction.action:
        raise errors.ACTION_NOT_SUPPORTED(at="/Envelope/Header/Action", found=action or "(absente)")
    return Message(
        envelope, header_of(envelope, ACTION), header_of(envelope, MESSAGE_ID),
        _contexte(envelope.block(f"{_LPS}ContexteLPS"), _LPS),
        _contexte(envelope.block(f"{_BAM}ContexteBAM"), _BAM),
        read_assertions(envelope), has_security(envelope),
    )


def _contexte(block: etree._Element | None, ns: str) -> Contexte | None:
    if block is None:
        return None
    texts = first_texts(block)
    lps = block.find(f"{ns}LPS") if f"{ns}LPS" in texts else None
    software = first_texts(lps)
    idam = lps.find(f"{ns}IDAM") if lps is not None else None
    return Contexte(
        "/Envelope/Header/" + str(block.tag).rpartition("}")[2], block.get("Version", ""),
        block.get("Nature", ""), texts.get(f"{ns}Id", ""), texts.get(f"{ns}Temps", ""),
        texts.get(f"{ns}Emetteur", ""), f"{ns}COUVERTURE" in texts,
        software.get(f"{ns}IDAM", ""), idam.get("R", "") if idam is not None else "",
        software.get(f"{ns}Instance", ""), software.get(f"{ns}Nom", ""),
    )
