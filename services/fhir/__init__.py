"""FHIR R4 machinery shared by services: resources, search, bundles, outcomes, capabilities.

Nothing here knows which service it serves. FHIR models are never built on the request path:
resources are stored and answered as bytes.
"""
