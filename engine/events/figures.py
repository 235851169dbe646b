"""Figures: what events say in numbers."""

from __future__ import annotations

from typing import TypeAlias

Figures: TypeAlias = dict[str, float]
"""One run's loss and metrics by name."""
Columns: TypeAlias = dict[str, tuple[float, ...]]
"""Loss and metrics by name, one value a run."""
