"""What validation says: one fault, its stable rule id, its words in French and English."""

from __future__ import annotations

from typing import Any, NamedTuple

from services.fhir.validation.sentences import SENTENCES

SYSTEM = "urn:socle:validation"
"""Code system of the rule ids."""
CORE = "http://hl7.org/fhir/StructureDefinition/"
_LANGUAGE = "http://hl7.org/fhir/StructureDefinition/translation"
_SOURCE = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-source"
LONG = 120

At = tuple[Any, str, int]
"""A place, outermost last: (place of the holder or "", step, index or -1)."""

Json = dict[str, Any]


class Text(NamedTuple):
    """Words of one rule: FHIR issue type, usual severity, French and English sentence."""

    code: str
    severity: str
    french: str
    english: str


class Fault(NamedTuple):
    """One fault. rule: stable id; at: FHIRPath; profile: canonical of the definition that asks;
    structural: broken by the R4 base itself, whatever the profile."""

    rule: str
    severity: str
    at: str
    profile: str
    expected: str = ""
    found: str = ""
    structural: bool = False

    @property
    def text(self) -> Text:
        """The words; a rule of a profile's own has the general ones."""
        if self.rule.startswith("inv."):
            french, english = SENTENCES.get(self.rule.removeprefix("inv."), ("", ""))
            general = TEXTS["inv"]
            return Text("invariant", self.severity, french or general.french,
                        english or general.english)
        return TEXTS[self.rule]

    @property
    def french(self) -> str:
        return _filled(self.text.french, self)

    @property
    def english(self) -> str:
        return _filled(self.text.english, self)

    @property
    def link(self) -> str:
        """Where the element or profile is explained."""
        if self.profile.startswith(CORE):
            name = self.profile.removeprefix(CORE).partition("|")[0]
            return f"https://hl7.org/fhir/R4/{name.lower()}.html"
        page = self.profile.partition("|")[0].replace(
            "/StructureDefinition/", "/StructureDefinition-"
        )
        return f"{page}.html" if page.startswith("http") else page

    def issue(self) -> Json:
        """As an OperationOutcome issue."""
        text = self.text
        made: Json = {
            "severity": self.severity, "code": text.code,
            "details": {
                "coding": [{"system": SYSTEM, "code": self.rule}], "text": self.french,
                "_text": {"extension": [{"url": _LANGUAGE, "extension": [
                    {"url": "lang", "valueCode": "en"},
                    {"url": "content", "valueString": self.english},
                ]}]},
            },
        }
        parts = [f"Attendu : {self.expected}." if self.expected else "",
                 f"Trouvé : {self.found}." if self.found else ""]
        if said := " ".join(filter(None, parts)):
            made["diagnostics"] = said
        if self.at:
            made["expression"] = [self.at]
        if self.profile:
            made["extension"] = [
                {"url": _SOURCE, "valueString": self.profile},
                {"url": f"{SYSTEM}:link", "valueUrl": self.link},
            ]
        return made


def place(at: At | str) -> str:
    """The FHIRPath of a place."""
    text = ""
    while not isinstance(at, str):
        at, step, index = at
        text = f"{step}[{index}]{text}" if index >= 0 else step + text
    return at + text


def shown(value: object) -> str:
    """A value as quoted in a message: short."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "un objet"
    if isinstance(value, list):
        return f"une liste de {len(value)}"
    text = str(value)
    return text if len(text) <= LONG else text[:LONG] + "…"


def _filled(sentence: str, fault: Fault) -> str:
    return (
        sentence.replace("{expected}", fault.expected or "–").replace("{found}", fault.found or "–")
        .replace("{name}", fault.at.rpartition(".")[2]).replace("{profile}", fault.profile)
        .replace("{key}", fault.rule.removeprefix("inv."))
    )


TEXTS: dict[str, Text] = {
    "resource.type": Text("structure", "error",
        "Type de ressource inconnu de FHIR R4 : {found}.",
        "Resource type unknown to FHIR R4: {found}."),
    "resource.type.other": Text("structure", "error",
        "Ressource de type {expected} attendue, trouvé : {found}.",
        "Resource of type {expected} expected, found: {found}."),
    "json.unreadable": Text("structure", "error",
        "Fichier illisible : {found}.", "Unreadable file: {found}."),
    "json.object": Text("structure", "error",
        "Objet JSON attendu, trouvé : {found}.", "JSON object expected, found: {found}."),
    "json.array": Text("structure", "error",
        "Tableau JSON attendu, trouvé : {found}.", "JSON array expected, found: {found}."),
    "json.single": Text("structure", "error",
        "Une seule valeur attendue, trouvé : {found}.", "Single value expected, found: {found}."),
    "json.empty": Text("structure", "error",
        "Élément vide : un élément présent a une valeur ou des éléments fils.",
        "Empty element: an element that is present has a value or children."),
    "json.deep": Text("too-costly", "error",
        "Ressource trop imbriquée : {expected}.", "Resource nested too deeply: {expected}."),
    "element.unknown": Text("structure", "error",
        "Élément inconnu : « {found} ».", "Unknown element: '{found}'."),
    "value.type": Text("structure", "error",
        "Valeur JSON de type {expected} attendue, trouvé : {found}.",
        "JSON value of type {expected} expected, found: {found}."),
    "value.format": Text("value", "error",
        "Forme d'un « {expected} » attendue, trouvé : {found}.",
        "Not a valid '{expected}': {found}."),
    "value.length": Text("too-long", "error",
        "Texte trop long : {expected} au plus, trouvé : {found}.",
        "Text too long: at most {expected}, found: {found}."),
    "value.range": Text("value", "error",
        "Valeur hors bornes : {expected} attendu, trouvé : {found}.",
        "Value out of range: expected {expected}, found: {found}."),
    "card.min": Text("required", "error",
        "Élément obligatoire : {expected} au moins, trouvé : {found}.",
        "Mandatory element: at least {expected}, found: {found}."),
    "card.max": Text("structure", "error",
        "Élément en trop : {expected} au plus, trouvé : {found}.",
        "Too many elements: at most {expected}, found: {found}."),
    "choice.many": Text("structure", "error",
        "Une seule forme de cet élément est admise, trouvé : {found}.",
        "Only one form of this element is allowed, found: {found}."),
    "type.choice": Text("structure", "error",
        "Type {expected} attendu, trouvé : {found}.",
        "Type {expected} expected, found: {found}."),
    "type.profile": Text("structure", "error",
        "La valeur ne respecte aucun des profils admis : {expected}.",
        "The value matches none of the allowed profiles: {expected}."),
    "fixed": Text("value", "error",
        "Valeur imposée : {expected}, trouvé : {found}.",
        "Fixed value {expected} expected, found: {found}."),
    "pattern": Text("value", "error",
        "Motif imposé : {expected}, trouvé : {found}.",
        "Pattern {expected} expected, found: {found}."),
    "slice.min": Text("required", "error",
        "Tranche obligatoire « {expected} », trouvé : {found}.",
        "Mandatory slice '{expected}', found: {found}."),
    "slice.max": Text("structure", "error",
        "Trop d'éléments dans la tranche : « {expected} », trouvé : {found}.",
        "Too many elements in slice '{expected}', found: {found}."),
    "slice.closed": Text("structure", "error",
        "Aucune tranche ne correspond et la liste est fermée ; tranches admises : {expected}.",
        "Matches no slice, and slicing is closed; slices: {expected}."),
    "slice.order": Text("structure", "error",
        "Tranches dans le désordre ; ordre attendu : {expected}.",
        "Slices out of order; expected order: {expected}."),
    "slice.undecidable": Text("incomplete", "information",
        "Tranche « {expected} » non vérifiée : {found}.",
        "Slice '{expected}' not checked: {found}."),
    "reference.type": Text("structure", "error",
        "Référence vers {expected} attendue, trouvé : {found}.",
        "Reference to {expected} expected, found: {found}."),
    "reference.contained": Text("not-found", "error",
        "Référence interne sans ressource contenue de cet identifiant : {found}.",
        "Local reference to no contained resource: {found}."),
    "binding.required": Text("code-invalid", "error",
        "Code hors du jeu de valeurs obligatoire {expected} : {found}.",
        "Code not in the required value set {expected}: {found}."),
    "binding.extensible": Text("code-invalid", "warning",
        "Code hors du jeu de valeurs extensible {expected} : {found}.",
        "Code not in the extensible value set {expected}: {found}."),
    "binding.unresolvable": Text("incomplete", "information",
        "Code non vérifié, la liste {expected} n'est pas connue en entier : {found}.",
        "Code not checked, value set {expected} is not wholly known: {found}."),
    "code.closed": Text("code-invalid", "warning",
        "Code fermé par son éditeur : {found}.", "Code closed by its publisher: {found}."),
    "extension.unknown": Text("informational", "information",
        "Extension de définition inconnue : {found}.",
        "Extension without a known definition: {found}."),
    "profile.unknown": Text("not-found", "information",
        "Profil inconnu ici, non vérifié : {found}.",
        "Profile not known here, not checked: {found}."),
    "profile.version": Text("informational", "information",
        "Version demandée absente : vérifié selon {expected}.",
        "Requested version not available: checked against {expected}."),
    "profile.type": Text("structure", "error",
        "Ce profil est celui d'une ressource {expected}, trouvé : {found}.",
        "This profile is for {expected}, found: {found}."),
    "contained.depth": Text("structure", "error",
        "Une ressource contenue n'en contient pas d'autre (dom-2).",
        "A contained resource holds no other contained resource (dom-2)."),
    "issues.more": Text("incomplete", "information",
        "D'autres constats ne sont pas montrés : {expected} au plus.",
        "More issues are not shown: at most {expected}."),
    "inv": Text("invariant", "error",
        "Règle {key} non respectée.", "Constraint {key} is not met."),
    "inv.undecidable": Text("incomplete", "information",
        "Règle « {expected} » non vérifiée : {found}.",
        "Constraint '{expected}' not checked: {found}."),
}
