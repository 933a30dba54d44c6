"""Refusals of the e-prescription service: our codes, not the CNAM's.

The official codes of EP1 to EP6 are not public; each entry says which rule it stands for.
"""

from services.kernel.errors import CatalogueError, Fidelity

_DERIVED: Fidelity = "derived"
_DEFAULT: Fidelity = "default"

CHAMP_INVALIDE = CatalogueError(
    "champ-invalide", "Un champ est absent ou n'a pas la forme attendue.",
    "missing field, wrong type, unknown value, name over 100 characters",
    "SEL-SFG-023 (champs EF_EP04) d'après DevBox", 400, _DERIVED, "value",
)
NUMERO_INVALIDE = CatalogueError(
    "numero-invalide", "Le numéro unique de prescription compte 18 chiffres ou majuscules.",
    "number with a lower-case letter, or not of 18 characters",
    "SEL-SFG-023 EF_EP02.02 d'après DevBox ; alphabet : Socle", 400, _DERIVED, "value",
)
FACTURATION_ABSENTE = CatalogueError(
    "EF_EP3_E303_03", "Le numéro AM du professionnel ou le FINESS de sa structure est obligatoire.",
    "EP3 without context.identifiantFacturation and without professionnel.structure.finess",
    "SEL-MP-032, règle EF_EP3_E303_03 d'après DevBox", 400, _DERIVED, "required",
)
LIGNE_INCONNUE = CatalogueError(
    "ligne-inconnue", "Cette ligne n'est pas dans la prescription.",
    "EP1 naming a line that the prescription does not have", "Socle", 400, _DEFAULT, "not-found",
)
PROFESSION_NON_HABILITEE = CatalogueError(
    "profession-non-habilitee", "Votre profession ne permet pas cette opération sur ces lignes.",
    "prescribing, reading or executing kinds of line of another profession",
    "Socle, d'après les compétences des professions (code de la santé publique)",
    403, _DEFAULT, "forbidden",
)
PRESCRIPTEUR_DIFFERENT = CatalogueError(
    "prescripteur-different", "Cette prescription est celle d'un autre prescripteur.",
    "a prescriber reading or cancelling another prescriber's prescription, or, in a strict "
    "tenant, registering in another's name", "Socle", 403, _DEFAULT, "forbidden",
)
PRESCRIPTION_INCONNUE = CatalogueError(
    "prescription-inconnue", "Aucune prescription n'est enregistrée sous ce numéro.",
    "EP1, EP3 or a cancellation with an unknown number", "Socle", 404, _DEFAULT, "not-found",
)
NUMERO_DEJA_UTILISE = CatalogueError(
    "numero-deja-utilise", "Ce numéro désigne déjà une prescription au contenu différent.",
    "EP4 with a registered number and another content", "Socle", 409, _DEFAULT, "conflict",
)
VERSION_DEPASSEE = CatalogueError(
    "version-depassee", "La prescription a changé depuis que vous l'avez lue.",
    "EP1 whose If-Match is not the current ETag", "Socle, RFC 9110 §13.1.1",
    409, _DEFAULT, "conflict",
)
DEJA_EXECUTEE = CatalogueError(
    "deja-executee", "Cette ligne est déjà exécutée en totalité.",
    "EP1 on a line of which nothing is left", "Socle", 409, _DEFAULT, "conflict",
)
ANNULATION_IMPOSSIBLE = CatalogueError(
    "annulation-impossible", "Une prescription dont l'exécution a commencé ne s'annule plus.",
    "cancellation after a first execution", "Socle", 409, _DEFAULT, "conflict",
)
PRESCRIPTION_ANNULEE = CatalogueError(
    "prescription-annulee", "Cette prescription a été annulée par son prescripteur.",
    "EP1, EP3 or EP4 on a cancelled prescription", "Socle", 410, _DEFAULT, "deleted",
)
PRESCRIPTION_PURGEE = CatalogueError(
    "prescription-purgee", "Cette prescription a dépassé les cinq ans de conservation.",
    "any call on a prescription drafted five years ago", "R.4071-1 CSP", 410, _DERIVED, "deleted",
)
PRESCRIPTION_EXPIREE = CatalogueError(
    "prescription-expiree", "Cette prescription n'est plus valable.",
    "EP1 one year after drafting", "R.5132-22 CSP", 422, _DERIVED, "business-rule",
)
SUBSTITUTION_EXCLUE = CatalogueError(
    "substitution-exclue", "Le prescripteur a exclu la substitution de cette ligne.",
    "EP1 with DELIVRE_GENERIQUE on a line with a valid non-substitution reason",
    "arrêté du 12 novembre 2019", 422, _DERIVED, "business-rule",
)
QUANTITE_DEPASSEE = CatalogueError(
    "quantite-depassee", "La quantité dépasse ce qui reste à exécuter.",
    "EP1 delivering more than what remains of a line", "Socle", 422, _DEFAULT, "business-rule",
)
REGLE_NON_RESPECTEE = CatalogueError(
    "regle-non-respectee", "Une règle de prescription ou de délivrance n'est pas respectée.",
    "any error-level finding in a strict tenant", "Socle", 422, _DEFAULT, "business-rule",
)
