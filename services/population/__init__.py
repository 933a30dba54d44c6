"""The one synthetic population: patients, professionals, structures, mailboxes and clients.

Every service asks here who exists: `people(database, tenant)`.
"""

from services.population.models import (
    Activity,
    Client,
    DmpState,
    Exercice,
    Mailbox,
    Matricule,
    Patient,
    Professional,
    Structure,
)
from services.population.people import People, people

__all__ = [
    "Activity", "Client", "DmpState", "Exercice", "Mailbox", "Matricule", "Patient", "People",
    "Professional", "Structure", "people",
]
