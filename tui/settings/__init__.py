"""What the settings of a sweep have come to, drawn as lines: a curve, a grid or a table, and what it says in words."""
