"""Requirements of the référentiels that a submitted mail shows, one function each."""
