"""What an identity is for RNIV, and what may become of it. Pure."""
