"""The kinds of files that a person's own data come in."""
