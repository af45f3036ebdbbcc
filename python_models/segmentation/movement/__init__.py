"""How customers move between segments: tests of a period, and a Markov chain."""
