"""Requirements of the e-prescription that a message shows, one function each."""
