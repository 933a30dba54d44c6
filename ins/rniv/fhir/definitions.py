"""OperationDefinition of the store's operations: what goes in, what comes out."""

from __future__ import annotations

from ins.rniv.fhir import BASE
from services.fhir.definitions import Definition, Part, definitions

_RENDERED = Part("return", "Patient", "L'identité, telle que rendue à la lecture.")
_STATUT = Part("statut", "code", "Statut RNIV : PROV, RECUP, VALI ou QUAL.")
_PATIENT = Part("patient", "Patient", "L'identité, telle que rendue à la lecture.")
_REASON = Part("reason", "string", "Motif, gardé parmi les actes.", 0)
_ACCEPT = Part(
    "accept", "boolean", "Absent : une concordance parfaite est acceptée ; true : toute réponse "
    "00 l'est ; false : aucune.", 0,
)
_CODE = Part("codeCR", "code", "Code du compte rendu d'INSi : 00, 01 ou 02.")
_LIBELLE = Part("libelleCR", "string", "Son libellé.")
_PIECE = (
    Part("document", "code", "Pièce contrôlée : CN, PA, CS, eCN, IN, AV, TC ; AN, LEP, CC d'un "
         "mineur ; LECV, ANCV en EHPAD.", 0),
    Part("accompanying", "code", "Pièce du parent qui accompagne un mineur.", 0),
    Part("ehpad", "boolean", "Vrai pour une admission directe en EHPAD.", 0),
)
_ACTE = (
    Part("le", "instant", "Quand, sur l'horloge de l'espace."),
    Part("action", "string", "L'opération, ou le message HL7 v2."),
    Part("acteur", "string", "Identifiant national, ou application émettrice."),
    Part("porte", "code", "fhir ou mllp."),
    Part("de", "code", "Statut d'avant.", 0), Part("vers", "code", "Statut d'après.", 0),
    Part("attributs", "string", "Attributs d'après.", 0), Part("detail", "string", "Détail.", 0),
    Part("matricule", "string", "Matricule d'après.", 0),
)
RETRIEVE = Definition(
    "ins-retrieve", "Récupérer l'INS d'une identité",
    "Appelle INSi avec les traits de l'identité (WS_INS2), compare, récupère. Avec card-nir, un "
    "seul WS_INS1, par ce que dit la carte Vitale.",
    (
        _ACCEPT,
        Part("card-nir", "string", "NIR de l'ouvrant droit, lu sur la carte.", 0),
        Part("card-name", "string", "Nom de naissance, lu sur la carte.", 0),
        Part("card-birthdate", "string", "Date de naissance, comme sur la carte.", 0),
        Part("card-rank", "string", "Rang de naissance, lu sur la carte.", 0),
    ),
    (
        _CODE, _LIBELLE,
        Part("message", "string", "Le message que voit l'utilisateur (Ségur Sentinelle.07).", 0),
        Part("accepted", "boolean", "Vrai si la réponse a été acceptée."), _STATUT,
        Part("trait", "", "Un trait comparé.", 0, "*", (
            Part("name", "string", "Lequel."), Part("local", "string", "Ici.", 0),
            Part("insi", "string", "D'après INSi.", 0),
            Part("same", "boolean", "Vrai si les deux concordent."),
        )),
        Part("matricule", "Identifier", "Le matricule trouvé, à comparer.", 0), _PATIENT,
    ),
)
VERIFY = Definition(
    "verify-ins", "Vérifier l'INS d'une identité",
    "Fait vérifier le matricule (WS_INS3) ; KO le retire.", (),
    (Part("result", "boolean", "Vrai si INSi répond OK."), _STATUT, _PATIENT),
)
VALIDATE = Definition(
    "validate-identity", "Valider une identité",
    "Une pièce a été contrôlée : validée, ou qualifiée si récupérée.", _PIECE, (_RENDERED,),
)
QUALIFY = Definition(
    "qualify", "Qualifier une identité",
    "Ce qui manque pour qualifier : la pièce, l'appel d'INSi.", (*_PIECE, _ACCEPT),
    (
        Part("codeCR", "code", f"{_CODE.documentation} Absent sans appel.", 0),
        Part("libelleCR", "string", _LIBELLE.documentation, 0), _STATUT, _PATIENT,
    ),
)
FLAG = Definition(
    "flag", "Poser ou retirer un attribut", "Pose ou retire un attribut : HOMA, DOUT, FICT.",
    (
        Part("attribute", "code", "HOMA, DOUT ou FICT."),
        Part("value", "boolean", "false le retire.", 0), _REASON,
    ),
    (_RENDERED,),
)
DOWNGRADE = Definition(
    "downgrade", "Déclasser une identité", "Ramène l'identité à un statut inférieur.",
    (Part("status", "code", "PROV (par défaut), VALI ou RECUP.", 0), _REASON), (_RENDERED,),
)
UNMERGE = Definition(
    "unmerge", "Défaire une fusion", "Défait une fusion.", (), (_RENDERED,),
)
STATUS = Definition(
    "identity-status", "Statut et actes d'une identité",
    "Statut RNIV, matricule gardé, actes : la vue de l'identitovigilance.", (),
    (
        _STATUT, Part("libelle", "string", "Le statut en toutes lettres."),
        Part("attribut", "code", "HOMA, DOUT ou FICT.", 0, "*"),
        Part("insi", "boolean", "Vrai si INSi a rendu le matricule."),
        Part("piece-controlee", "boolean", "Vrai si une pièce a été contrôlée."),
        Part("matricule", "Identifier", "Le matricule gardé, quel que soit le statut.", 0),
        Part("partage", "boolean", "Vrai si le matricule se transmet."),
        Part("methode", "string", "Comment les traits ont été recueillis."),
        Part("interrogee-le", "date", "Jour de l'appel d'INSi.", 0),
        Part("controlee-le", "date", "Jour du contrôle de la pièce.", 0),
        Part("piece", "string", "La pièce contrôlée.", 0),
        Part("remplacee-par", "Reference", "L'identité qui la remplace, d'une fusion.", 0),
        Part("acte", "", "Un acte, du plus récent au plus ancien.", 0, "*", _ACTE),
    ),
    changes=False,
)
PAM = Definition(
    "pam", "Message PAM FR d'une identité",
    "Le message HL7 v2 (PAM FR) que recevrait un autre système.",
    (Part("event", "code", "A28 (par défaut) ou A31 ; A40 d'une identité fusionnée.", 0),),
    (Part("return", "Binary", "Le message, en octets natifs."),), changes=False,
)
CDA = Definition(
    "cda", "Document CDA d'une identité",
    "Un document CDA dont l'en-tête porte l'identité.", (),
    (Part("return", "Binary", "Le document, en octets natifs."),), changes=False,
)
DEFINITIONS = (
    RETRIEVE, VERIFY, VALIDATE, QUALIFY, FLAG, DOWNGRADE, UNMERGE, STATUS, PAM, CDA
)
definition = definitions(
    "rniv.operation", "Définition d'une opération du référentiel local", BASE, DEFINITIONS
)
