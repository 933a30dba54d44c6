"""FHIR façade over INSi. It is ours: the real téléservice speaks SOAP only."""

BASE = "/ins/fhir"
