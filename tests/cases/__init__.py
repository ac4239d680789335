"""Situations of real files, rebuilt small: what a row is called is checked by the neighbours of words."""
