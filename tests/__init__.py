"""Tests; a package so that fixtures can share what they need."""
