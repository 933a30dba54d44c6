"""Our own words for the constraints that French exchanges meet most: key → French, English."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    "ext-1": (
        "Une extension a soit une valeur, soit des extensions, jamais les deux (ext-1).",
        "An extension has either a value or extensions, never both (ext-1).",
    ),
    "dom-3": (
        "Cette ressource contenue n'est désignée par aucune référence (dom-3).",
        "No reference leads to this contained resource (dom-3).",
    ),
    "dom-4": (
        "Une ressource contenue n'a ni meta.versionId ni meta.lastUpdated (dom-4).",
        "A contained resource has neither meta.versionId nor meta.lastUpdated (dom-4).",
    ),
    "dom-5": (
        "Une ressource contenue n'a pas de meta.security (dom-5).",
        "A contained resource has no meta.security (dom-5).",
    ),
    "dom-6": (
        "Une ressource devrait porter un texte lisible (dom-6, bonne pratique).",
        "A resource should have narrative (dom-6, best practice).",
    ),
    "txt-1": (
        "Le texte lisible ne contient que des éléments XHTML de mise en forme (txt-1).",
        "The narrative holds only formatting XHTML elements (txt-1).",
    ),
    "txt-2": (
        "Le texte lisible n'est pas vide (txt-2).", "The narrative has some content (txt-2).",
    ),
    "per-1": (
        "Le début d'une période ne suit pas sa fin (per-1).",
        "The start of a period is not after its end (per-1).",
    ),
    "pat-1": (
        "Un contact du patient a un nom, une coordonnée, une adresse ou une structure (pat-1).",
        "A patient's contact has a name, telecom, address or organization (pat-1).",
    ),
    "org-1": (
        "Une structure a au moins un nom ou un identifiant (org-1).",
        "An organization has at least a name or an identifier (org-1).",
    ),
    "org-2": (
        "L'adresse d'une structure n'est jamais de type « home » (org-2).",
        "An organization's address is never of use 'home' (org-2).",
    ),
    "org-3": (
        "Le contact d'une structure n'est jamais de type « home » (org-3).",
        "An organization's telecom is never of use 'home' (org-3).",
    ),
    "cpt-2": (
        "Un moyen de contact qui a une valeur a un système (cpt-2).",
        "A contact point with a value has a system (cpt-2).",
    ),
    "att-1": (
        "Une pièce jointe qui porte des données en dit le type (att-1).",
        "An attachment with data has a content type (att-1).",
    ),
    "qty-3": (
        "Une quantité qui a un code d'unité en a le système (qty-3).",
        "A quantity with a unit code has its system (qty-3).",
    ),
    "lst-1": (
        "Une liste a des entrées ou une raison d'être vide, pas les deux (lst-1).",
        "A list has entries or an empty reason, not both (lst-1).",
    ),
    "bdl-5": (
        "Une entrée de lot a une ressource, une requête ou une réponse (bdl-5).",
        "A bundle entry has a resource, a request or a response (bdl-5).",
    ),
    "bdl-7": (
        "Deux entrées d'un lot n'ont pas la même adresse (bdl-7).",
        "Two entries of a bundle do not have the same fullUrl (bdl-7).",
    ),
    "fr-core-1": (
        "Une identité au statut VALI a un matricule INS officiel, de système reconnu (fr-core-1).",
        "A VALI identity has an official INS number of a known system (fr-core-1).",
    ),
    "fr-core-2": (
        "Une identité au statut VALI a exactement un identifiant « official » (fr-core-2).",
        "A VALI identity has exactly one 'official' identifier (fr-core-2).",
    ),
    "fr-core-3": (
        "Une identité au statut VALI a un lieu de naissance connu, autre que 99999 (fr-core-3).",
        "A VALI identity has a known birth place, not 99999 (fr-core-3).",
    ),
    "fr-med-smpl-quant-1": (
        "L'unité d'une quantité de médicament est codée en EDQM ou en UCUM (fr-med-smpl-quant-1).",
        "The unit of a medication quantity is coded in EDQM or UCUM (fr-med-smpl-quant-1).",
    ),
    "fr-med-smpl-quant-2": (
        "Une quantité de médicament sans code d'unité n'a pas de système (fr-med-smpl-quant-2).",
        "A medication quantity without a unit code has no system (fr-med-smpl-quant-2).",
    ),
    "frmed-med-1": (
        "Un médicament codé ne désigne pas ses composants par référence (frmed-med-1).",
        "A coded medication does not reference its ingredients (frmed-med-1).",
    ),
    "SIRET-invariant": (
        "Un SIRET est le chiffre 3 puis quatorze chiffres (SIRET-invariant).",
        "A SIRET is the digit 3, then fourteen digits (SIRET-invariant).",
    ),
    "FINESS-invariant": (
        "Un FINESS est le chiffre 1 puis neuf chiffres (FINESS-invariant).",
        "A FINESS is the digit 1, then nine digits (FINESS-invariant).",
    ),
}
