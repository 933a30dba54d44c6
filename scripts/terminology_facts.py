"""What the publications do not say in a form that a script could read (make_terminologies.py)."""

from __future__ import annotations

R4_VERSION = "4.0.1"
NOS = "https://mos.esante.gouv.fr/NOS/"
MHD = "https://profiles.ihe.net/ITI/MHD"

SNOMED, EDQM = "http://snomed.info/sct", "http://standardterms.edqm.eu"
WITHHELD = {SNOMED: "SNOMED CT non livrée", EDQM: "EDQM non livrée"}
HL7 = ("http://hl7.org/", "http://terminology.hl7.org/")
SHIPPABLE = ("complete", "fragment")
FOLDING = (NOS, "https://smt.esante.gouv.fr/", "urn:oid:1.2.250.1.71.", "urn:oid:1.2.250.1.213.")
"""Code systems of the NOS ignore the case of codes (their `caseSensitive` is false)."""
ANY = "*"
"""In `open`: the list may hold codes of any system that are not here."""


def nos(folder: str) -> str:
    """The FHIR address of a list of the NOS: underscore in the folder, dash in the leaf."""
    return f"{NOS}{folder}/FHIR/{folder.replace('_', '-')}"


SYNONYMS = {
    "urn:oid:2.16.840.1.113883.6.1": "http://loinc.org",
    nos("TRE_A04-Loinc"): "http://loinc.org",
    "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:0.4.0.127.0.16.1.1.2.1": EDQM,
    "urn:oid:2.16.840.1.113883.6.8": "http://unitsofmeasure.org",
    "urn:oid:2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
    "urn:oid:1.3.6.1.4.1.19376.1.2.3":
        "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
    nos("TRE_A11-IheFormatCode"): "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
    "urn:oid:1.2.250.1.213.1.1.4.2.282": nos("TRE_A06-FormatCodeComplementaire"),
    nos("TRE_A07-StatusVisibiliteDocument"): nos("TRE_A07-StatutVisibiliteDocument"),
    "URN": nos("TRE_A10-NomenclatureURN"),
    # FR Core 2.1.0 writes the value set where the code system is expected.
    "http://terminology.hl7.org/ValueSet/v3-ActEncounterCode":
        "http://terminology.hl7.org/CodeSystem/v3-ActCode",
}
"""Other names of code systems, beside the OIDs that the publications give themselves."""

CLOSED = {(nos("TRE_G08-TypeIdentifiantPersonne"), "2"): ["", "2020-05-29"]}
"""Closures that the collected lists have lost: since, until."""

DMP = {
    "classCode": ("JDV_J57-ClassCode-DMP", "20230922120000"),
    "confidentialityCode": ("JDV_J58-ConfidentialityCode-DMP", "20200424120000"),
    "contentTypeCode": ("JDV_J59-ContentTypeCode-DMP", "20260928120000"),
    "formatCode": ("JDV_J60-FormatCode-DMP", "20260928120000"),
    "healthcareFacilityTypeCode": ("JDV_J61-HealthcareFacilityTypeCode-DMP", "20240927120000"),
    "practiceSettingCode": ("JDV_J62-PracticeSettingCode-DMP", "20230922120000"),
    "subjectRole": ("JDV_J65-SubjectRole-DMP", ""),
    "typeCode_classCode": ("JDV_J66-TypeCode-DMP", "20240927120000"),
}
STATUSES = "http://hl7.org/fhir/document-reference-status"
IHE = {
    f"{MHD}/ValueSet/DocumentReferenceStats": {STATUSES: ("current", "superseded")},
    f"{MHD}/ValueSet/MHDlistTypesVS": {
        f"{MHD}/CodeSystem/MHDlistTypes": ("folder", "submissionset"),
    },
}
ETALAB, CC0 = "Licence Ouverte 2.0", "CC0-1.0"
SEEN = "codes vus dans des jeux de valeurs"


def licence_of(url: str) -> str:
    if url in WITHHELD:
        return "non livrée"
    if url == "http://loinc.org":
        return "LOINC"
    if url.startswith(("https://hl7.fr/", "https://interop.esante.gouv.fr/ig/")):
        return CC0
    return ETALAB if url.startswith((NOS, "https://smt.", "urn:oid:1.2.250.")) else "faits cités"
