"""Many people at once, from CSV, JSON lines or a FHIR bundle: all of them, or none and why."""
