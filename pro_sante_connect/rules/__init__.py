"""Observable requirements, one function each."""
