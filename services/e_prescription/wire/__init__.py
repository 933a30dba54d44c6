"""Transactions of the e-prescription service, as labelled JSON."""
