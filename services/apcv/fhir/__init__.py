"""FHIR door to the appli carte Vitale. It is ours: the real service speaks SOAP only."""

BASE = "/apcv/fhir"
