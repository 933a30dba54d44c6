"""Codes of the INSi téléservice and of the FHIR profiles that carry its answer."""

from __future__ import annotations

from typing import Final

from services.population.matricule import OID_NIA, OID_NIR, OID_NIR_DEMO, OID_NIR_TEST
from services.soap.calling import NS_BAM as NS_BAM
from services.soap.calling import NS_LPS as NS_LPS
from services.soap.tlsi import NS_ERREUR as NS_ERREUR

# Compte rendu (element CR of RESULTAT): code → label as the téléservice writes it, unaccented.
CR_OK: Final = "00"
CR_AUCUNE: Final = "01"
CR_PLUSIEURS: Final = "02"
LIBELLES_CR: Final = {
    CR_OK: "OK", CR_AUCUNE: "Aucune identite trouvee", CR_PLUSIEURS: "Plusieurs identites trouvees",
}

# What software must show to its user, word for word (Ségur, Sentinelle.07).
MESSAGES_USAGER: Final = {
    CR_AUCUNE: "Aucune identité n'a été trouvée par le téléservice INSi",
    CR_PLUSIEURS: (
        "Plusieurs identités approchantes ont été trouvées par le téléservice INSi. Affinez votre "
        "recherche et / ou utilisez la carte Vitale de l'usager"
    ),
}

SYSTEME_CR: Final = "urn:socle:ins:cr"

TYPES_MATRICULE: Final = {
    OID_NIR: ("INS-NIR", "NIR définitif"),
    OID_NIA: ("INS-NIA", "NIR temporaire"),
    OID_NIR_TEST: ("INS-NIR-TEST", "NIR TEST"),
    OID_NIR_DEMO: ("INS-NIR-DEMO", "NIR DEMO"),
}
"""OID → code and display of fr-core-cs-v2-0203 (FR Core 2.2.0)."""

FR_CORE: Final = "https://hl7.fr/ig/fhir/core"
_EXTENSION: Final = f"{FR_CORE}/StructureDefinition"
PROFIL_PATIENT_INS: Final = f"{_EXTENSION}/fr-core-patient-ins|2.2.0"
LISTE_PRENOMS: Final = f"{_EXTENSION}/fr-core-patient-birth-list-given-name"
CODE_INSEE: Final = f"{_EXTENSION}/fr-core-address-insee-code"
DATE_LUNAIRE: Final = f"{_EXTENSION}/fr-core-lunar-date"
DATE_CORRIGEE: Final = f"{_EXTENSION}/fr-core-patient-birthdate-update-indicator"
FIABILITE: Final = f"{_EXTENSION}/fr-core-identity-reliability"
LIEU_NAISSANCE: Final = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
MATCH_GRADE: Final = "http://hl7.org/fhir/StructureDefinition/match-grade"

TYPE_IDENTIFIANT: Final = f"{FR_CORE}/CodeSystem/fr-core-cs-v2-0203"
STATUT_IDENTITE: Final = f"{FR_CORE}/CodeSystem/fr-core-cs-v2-0445"
STATUT_RNIV: Final = f"{FR_CORE}/CodeSystem/fr-core-cs-identity-status"
COMMENTAIRE_STATUT: Final = f"{FR_CORE}/CodeSystem/fr-core-cs-identity-status-comment"
"""STATUT_RNIV and COMMENTAIRE_STATUT: of FR Core's main branch only."""
MODE_COLLECTE: Final = f"{FR_CORE}/CodeSystem/fr-core-cs-method-collection"
MODE_VALIDATION: Final = f"{FR_CORE}/CodeSystem/fr-core-cs-mode-validation-identity"
METHODES: Final = {
    "SM": "Saisie manuelle", "CV": "Carte vitale", "INSI": "Téléservice INSI",
    "CB": "Code à barre", "RFID": "Puce RFID", "AV": "Application carte Vitale",
}
COMMUNES: Final = "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM"
PAYS: Final = "https://mos.esante.gouv.fr/NOS/TRE_R20-Pays/FHIR/TRE-R20-Pays"

SEXES: Final = {"male": "M", "female": "F"}
"""FHIR administrative gender → sex of the INSi; nothing else can be searched."""

TEST_HOSTS = ("qualiflps.services-ps.ameli.fr", "qualiflps-services-ps-tlsm.ameli.fr")
"""Hosts of the official qualification: one-way TLS, for assertions; mutual TLS."""

# Namespaces and actions of the SOAP téléservice (contract ICIR 1.5.0).
NS_TRAITS: Final = "http://www.cnamts.fr/INSiRecSans"
NS_VITALE: Final = "http://www.cnamts.fr/INSiRecVit"
NS_RESULTAT: Final = "http://www.cnamts.fr/INSiResultat"
NS_CARTE: Final = "http://www.sesam-vitale.fr/xmldsig/2011/12/vitale"
_CARTE: Final = "http://www.sesam-vitale.fr/xmldsig/2011/06/"
SIGNATURES_CARTE: Final = {
    "V1IGEA": f"{_CARTE}V1IGEA-SHA256/20", "V1SCOT": f"{_CARTE}V1SCOT-SHA256/6",
    "V2": f"{_CARTE}V2-SHA256",
}
"""Type of a carte Vitale → algorithm of its signature."""
_ACTIONS: Final = "urn:ServiceIdentiteCertifiee:1.0.0:"
ACTION_VITALE: Final = f"{_ACTIONS}rechercherInsAvecCarteVitale"
ACTION_TRAITS: Final = f"{_ACTIONS}rechercherInsAvecTraitsIdentite"

# DEFAULT(IDIR): of the contract CONTRAT_IDIR_EXP_1.0.1, only the verb of WS_INS3, its elements
# below the root and the namespace of its answer are public. All the rest of these names is ours.
ACTION_VERIFIER: Final = f"{_ACTIONS}verifierInsAvecTraitsIdentite"
ACTION_DEPOSER: Final = f"{_ACTIONS}deposerLotInsAVerifier"
ACTION_RECUPERER: Final = f"{_ACTIONS}recupererResultatLotIns"
ACTIONS: Final = (
    ACTION_VITALE, ACTION_TRAITS, ACTION_VERIFIER, ACTION_DEPOSER, ACTION_RECUPERER,
)
NS_VERIFIER: Final = "http://www.cnamts.fr/INSiLot2/REQUnitaire"
NS_VERIFIE: Final = "http://www.cnamts.fr/INSiLot2/REPUnitaire"
NS_LOT: Final = "http://www.cnamts.fr/INSiLot2/REQLot"
NS_REPONSE_LOT: Final = "http://www.cnamts.fr/INSiLot2/REPLot"
CR_KO: Final = "01"
LIBELLE_KO: Final = "KO"
LIBELLE_PAS_PRET: Final = "Resultat non disponible"

SAVOIR_FAIRE: Final = ("TRE_R38-SpecialiteOrdinale", "TRE_R01-EnsembleSavoirFaire-CISIS")
"""Lists of which codeSpecialite is a code, in the assertion of a card."""

CN_ADMIS: Final = ("INSI-AUTO", "INSI-MANU")
"""Names of the client certificates: batch, and on a person's demand."""
