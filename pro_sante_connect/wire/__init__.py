"""One file per endpoint, and what they share."""
