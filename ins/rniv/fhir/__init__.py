"""The FHIR door of the identity store: Patient, and operations on how far it is trusted."""

BASE = "/ins/rniv/fhir"
