"""Delegation to a local identity provider, "PSC sans couture" (dossier §11).

A hospital's own provider, behind Pro Santé Connect: the first time, its account is paired with a
professional by card or e-CPS; later, a confirmation is enough. `institution` is a tiny provider,
the "CHU Fictif"; `broker` is what Pro Santé Connect does with it.
"""
