"""Codes of the carte Vitale and of the appli carte Vitale (apCV)."""

from __future__ import annotations

from typing import Final

# Published by clients of the service: namespaces, actions and element names.
NS_AUTH: Final = "http://www.sesam-vitale.fr/apcv/auth/1/0"
NS_SIGN: Final = "http://www.sesam-vitale.fr/apcv/sign/1/0"
_AUTH: Final = "urn:ApCV_AUTH:1.0.0:"
ACTION_AUTHENTIFIER: Final = f"{_AUTH}authentifierUtilisateurProximite"
ACTION_RESTITUER: Final = f"{_AUTH}restituerContexteApCV"
ACTION_DETRUIRE: Final = f"{_AUTH}detruireContexteApCV"
ACTION_SIGNER: Final = "urn:ApCV_SIGN:1.0.0:signerVitale"

NS_CARTE: Final = "http://www.sesam-vitale.fr/xmldsig/2011/12/vitale"
"""KeyInfo of an assertion that a carte Vitale signs."""
SIGNATURES: Final = {
    "V1IGEA": "http://www.sesam-vitale.fr/xmldsig/2011/06/V1IGEA-SHA256/20",
    "V1SCOT": "http://www.sesam-vitale.fr/xmldsig/2011/06/V1SCOT-SHA256/6",
    "V2": "http://www.sesam-vitale.fr/xmldsig/2011/06/V2-SHA256",
}
"""Type of card → its algorithm."""

NATURES: Final = {"reelle": "REEL", "demo": "DEMO", "test": "TEST"}
"""DEFAULT(vitale): how KeyInfo spells the nature is not public."""
PROFILS: Final = {"reelle": "R", "demo": "DEMO", "test": "T"}
"""Type of an apCV identification. DEFAULT(apcv): only T and DEMO are public."""

QUALITES: Final = {
    "0": "Assuré", "2": "Conjoint, concubin ou partenaire", "3": "Conjoint divorcé",
    "4": "Concubin", "6": "Enfant", "8": "Bénéficiaire hors article 313", "9": "Conjoint veuf",
}

VALIDE: Final = "0"
"""CodeStatut of success."""

# DEFAULT(TRE_G100): the list of AMO specialities is not here; two digits from 01 to 89 are taken.
SPECIALITES: Final = frozenset(f"{number:02d}" for number in range(1, 90))

FR_CORE: Final = "https://hl7.fr/ig/fhir/core"
MODE: Final = "AV"
"""Method of collection and of validation of an identity read from the apCV."""
