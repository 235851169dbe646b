"""Screens: the lab, the library, help."""
