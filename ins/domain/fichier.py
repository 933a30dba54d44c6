"""What an answer of a vendor's own says, as far as INSi's answers are known. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from services.population.models import Patient


@dataclass(frozen=True, slots=True)
class Fichier:
    """code, libelle: of the report, or of the fault; "" for what is neither, or not whole.

    patient: whom a report 00 tells of.
    """

    code: str = ""
    libelle: str = ""
    faute: bool = False
    patient: Patient | None = None

    def __str__(self) -> str:
        if self.faute:
            return f"faute {self.code or 'sans code'}"
        return f"CR {self.code}" if self.code else "autre réponse, rendue en SOAP seulement"
