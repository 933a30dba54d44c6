"""Patches of a resource: JSON Patch (RFC 6902) and the FHIRPath Patch of FHIR R4.

Both change a parsed resource in place and raise PATCH_INVALID with the operation at fault.
"""
