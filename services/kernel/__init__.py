"""The kernel: tenants, clock, ids, database, blobs, journal, rules, errors, ports, pki, listeners.

Nothing here knows what a patient or a prescription is.
"""
