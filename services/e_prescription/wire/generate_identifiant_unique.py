"""A number of the sandbox, for software that does not make its own yet."""

from __future__ import annotations

from services.e_prescription.codes import ALPHABET
from services.kernel.clock import SECOND
from services.kernel.dialects import JSON
from services.kernel.exchange import Answer, Exchange
from services.kernel.transactions import transaction

VERSION = "01"
SOFTWARE = 0x50C1E


@transaction(
    "e_prescription.generateIdentifiantUnique", name="Générer un numéro unique de bac à sable",
    spec="SEL-SFG-023 EF_EP02.02 (d'après DevBox)", dialect=JSON,
    routes=("GET /e-prescription/v1/generateIdentifiantUnique",), fidelity="default",
)
async def generate_identifiant_unique(exchange: Exchange) -> Answer:
    seconds = exchange.tenant.clock.now() // SECOND
    return Answer.json({
        "identifiant": number_of(seconds, int(exchange.tenant.ids.digits(7))),
        "avertissement": "Numéro de bac à sable : dans la réalité, le logiciel du prescripteur "
                         "le calcule lui-même, selon un algorithme que les éditeurs reçoivent.",
    })


def number_of(seconds: int, noise: int) -> str:
    """18 characters: version 2, seconds since 1970 on 7, software on 4, noise on 5 (base 32)."""
    return VERSION + _base32(seconds, 7) + _base32(SOFTWARE, 4) + _base32(noise, 5)


def _base32(value: int, width: int) -> str:
    characters = []
    for _ in range(width):
        value, digit = divmod(value, 32)
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))
