"""Certificates for the people and organisations of the population, by the control API."""
