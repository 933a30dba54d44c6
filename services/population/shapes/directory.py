"""The JSON of mailboxes and of OAuth clients."""

from __future__ import annotations

from typing import Annotated

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
    wildcard: bool | None = Field(
        default=None, description="redirect_uris peut finir par /*, comme le tolère le bac à "
        "sable réel.",
    )
    space: Annotated[Word, Field(
        description="communautaire, ou edc : espace de confiance, où un certificat est exigé.",
    )] = ""
    profile: Annotated[Word, Field(
        description="Date du service vu par ce client : 2021, 2023-02, 2023-11 ou 2026 ; vide, "
        "celle de l'espace.",
    )] = ""
    backchannel_logout_uri: Word = ""
    frontchannel_logout_uri: Word = ""
    api_scopes: Words = Field(
        default_factory=list, description="Portées que ce client edc peut demander aux API ; "
        "aucune : toutes.",
    )
    require_pkce: bool = Field(
        default=False, description="Refuse une demande d'authentification sans code_challenge.",
    )
    auth_methods: Words = Field(
        default_factory=list, description="Seules preuves admises de ce client : "
        "client_secret_basic, client_secret_post, tls_client_auth ; aucune : toutes.",
    )

    @classmethod
    def of(cls, one: Client) -> ClientShape:
        return cls(
            client_id=one.client_id, client_secret=one.client_secret, name=one.name,
            any_loopback=one.any_loopback, redirect_uris=list(one.redirect_uris),
            post_logout_redirect_uris=list(one.post_logout_redirect_uris), flows=list(one.flows),
            wildcard=one.wildcard, space=one.space, profile=one.profile,
            backchannel_logout_uri=one.backchannel_logout_uri,
            frontchannel_logout_uri=one.frontchannel_logout_uri, api_scopes=list(one.api_scopes),
            require_pkce=one.require_pkce, auth_methods=list(one.auth_methods),
        )


class StoredClient(ClientShape, Remarked):
    """The client as stored."""


class ClientPage(Page):
    clients: list[ClientShape]
