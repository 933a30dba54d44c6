"""RNIV and the référentiel INS, as far as this store can see that they are kept."""
