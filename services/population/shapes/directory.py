"""The JSON of mailboxes and of OAuth clients."""

from __future__ import annotations

from pydantic import Field

from services.population.models import Client, Mailbox
from services.population.shapes.common import Page, Remarked, Shape, Word, Words


class MailboxShape(Shape):
    """A mailbox; to add one, its owner is enough.

    owner_id: `id` of the owner, or its `id_nat` in what is sent to us; delegates: `id_nat` of
    those who may open an organisational mailbox.
    """

    address: Word = ""
    type: Word = ""
    owner_id: Word
    delegates: Words | None = None
    title: Word = ""

    @classmethod
    def of(cls, one: Mailbox) -> MailboxShape:
        return cls(address=one.address, type=one.type, owner_id=one.owner_id,
                   delegates=list(one.delegates), title=one.title)


class StoredMailbox(MailboxShape, Remarked):
    """The mailbox as stored."""


class MailboxPage(Page):
    mailboxes: list[MailboxShape]


class ClientShape(Shape):
    """An OAuth client; every member is optional. Its secret is a test value, known to all."""

    client_id: Word = ""
    client_secret: Word = ""
    name: Word = ""
    any_loopback: bool | None = None
    redirect_uris: Words = Field(default_factory=list)
    post_logout_redirect_uris: Words = Field(default_factory=list)
    flows: Words | None = None

    @classmethod
    def of(cls, one: Client) -> ClientShape:
        return cls(
            client_id=one.client_id, client_secret=one.client_secret, name=one.name,
            any_loopback=one.any_loopback, redirect_uris=list(one.redirect_uris),
            post_logout_redirect_uris=list(one.post_logout_redirect_uris), flows=list(one.flows),
        )


class StoredClient(ClientShape, Remarked):
    """The client as stored."""


class ClientPage(Page):
    clients: list[ClientShape]
