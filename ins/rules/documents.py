"""The texts that the rules cite."""

from services.kernel.requirements import Document

CARTE = Document("Kit d'exemple du GIE SESAM-Vitale (assertion d'une carte Vitale)")
SEL_MP_043 = Document("SEL-MP-043 v05.00.01")
RNIV = Document("RNIV v2.0")
GUIDE = Document("Guide d'implémentation INS v3.0")
COG = Document("Code officiel géographique (INSEE)")
NIR = Document("Numéro d'inscription au répertoire (INSEE)")
FR_CORE = Document("FR Core 2.2.0")
FHIR = Document("FHIR R4")
CONTRAT = Document("Contrat ICIR 1.5.0")
WSA = Document("WS-Addressing 1.0")
SEGUR = Document("Ségur du numérique, vague 2, exigences Sentinelle")
CNDA = Document("Cahier de tests CNDA INSi")
DATAMATRIX = Document("Datamatrix INS v2.2.20230926")
