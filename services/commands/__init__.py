"""Groups of `socle` commands that mirror one part of the control API each."""
