"""What a page's file says of a record beside the study's course: it is carried along and written back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Place: TypeAlias = tuple[str | int, ...]
"""A table under `[record]`: () is itself, ("runs", 3) its fourth run."""
Unknown: TypeAlias = Mapping[Place, Mapping[str, Any]]
"""Keys that this version does not know, as TOML writes them, by the table in which they stand."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Of a record that was read from a page; of a new one nothing is known yet."""

    experiment: str | None = None
    """The hash of the experiment that was run, where the page has another by now; empty where the page does not say.

    None where it is the page's own.
    """
    history: str = ""
    """The hash of the full curves that lie beside the page; empty where the record has all their points itself."""
    unknown: Unknown = field(default_factory=dict)
