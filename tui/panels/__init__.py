"""The four panels of settings, and the fields they are made of."""
