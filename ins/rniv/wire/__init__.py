"""What the store says to others and hears from them: INSi, and HL7 v2 (PAM FR) over MLLP."""
