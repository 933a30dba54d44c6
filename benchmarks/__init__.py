"""Measurements: the product and a peer in turn in one run; ratios and medians, no timed tests."""
