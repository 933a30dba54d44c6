"""What the vendor's software makes out of a CDA header: FHIR lot, XDM archive, mail."""
