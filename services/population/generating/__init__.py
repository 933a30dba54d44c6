"""More people from a seed: the same seed gives the same people, one after the other, for ever."""
