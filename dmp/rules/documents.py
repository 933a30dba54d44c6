"""The texts that the rules cite."""

from services.kernel.requirements import Document

SEL_MP_037 = Document("SEL-MP-037")
TESTS = Document("CDT_DMP_20251127_2.10c")
PDSM = Document("PDSm 3.1.1")
CI_SIS = Document("CI-SIS")
PARTAGE = Document("CI-SIS, volet Partage de documents de santé")
IHE_ITI = Document("IHE ITI TF-3")
JDV = Document("Jeux de valeurs du DMP (ANS, NOS)")
JDV_CI_SIS = Document("Jeux de valeurs du CI-SIS (ANS, NOS)")
NOS = Document("Nomenclatures des objets de santé (ANS)")
TYPES_ET_CLASSES = Document("ASS_X16-CorrespondanceType-Classe-DMP v20240223 (ANS, NOS)")
REFERENTIEL_INS = Document("Référentiel INS")
OID_INS = Document("Liste des OID des autorités INS (ANS)")
RNIV = Document("RNIV v2.0")
