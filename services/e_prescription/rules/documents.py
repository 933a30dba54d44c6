"""The texts that the rules cite."""

from services.kernel.requirements import Document

SEL_MP_032 = Document("SEL-MP-032")
SANTE_PUBLIQUE = Document("Code de la santé publique")
SUBSTITUTION = Document("Arrêté du 12 novembre 2019")
