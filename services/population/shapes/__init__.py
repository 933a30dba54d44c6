"""The JSON of `/sandbox/identities` and its sisters: shapes that others' scripts rely on.

Members are added, never renamed. The same shape is read and written: a member that is optional
when someone is added is always there in what the sandbox answers.
"""

from services.population.shapes.common import Coded, OwnedMailbox, Page, Remarked, Shape, Workplace
from services.population.shapes.directory import (
    ClientPage,
    ClientShape,
    MailboxPage,
    MailboxShape,
    StoredClient,
    StoredMailbox,
)
from services.population.shapes.identities import ApiKeys, Identities, Removal, Removed
from services.population.shapes.patients import (
    DmpShape,
    MatriculeShape,
    PatientPage,
    PatientShape,
    StoredPatient,
)
from services.population.shapes.professionals import (
    ActivityShape,
    ExerciceShape,
    ProfessionalPage,
    ProfessionalShape,
    StoredProfessional,
)
from services.population.shapes.structures import StoredStructure, StructurePage, StructureShape

__all__ = [
    "ActivityShape", "ApiKeys", "ClientPage", "ClientShape", "Coded", "DmpShape", "ExerciceShape",
    "Identities", "MailboxPage", "MailboxShape", "MatriculeShape", "OwnedMailbox", "Page",
    "PatientPage",
    "PatientShape", "ProfessionalPage", "ProfessionalShape", "Remarked", "Removal", "Removed",
    "Shape", "StoredClient", "StoredMailbox", "StoredPatient", "StoredProfessional",
    "StoredStructure", "StructurePage", "StructureShape", "Workplace",
]
