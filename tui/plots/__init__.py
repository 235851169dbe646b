"""Curves over epochs, drawn in characters."""
