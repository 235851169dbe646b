"""A change of the test rows, as if they came from elsewhere: what a network then meets is called mismatch."""

from __future__ import annotations

from dataclasses import dataclass

from engine.fields import bounded, check, option


@dataclass(frozen=True, slots=True)
class Shift:
    """What is done to the values of the test rows, in this order: moved, inverted, scaled, offset."""

    scale: float = bounded(1.0, at_least=-1e12, at_most=1e12, help="what they are multiplied by")
    offset: float = bounded(0.0, at_least=-1e12, at_most=1e12, help="what is then added, in their own unit")
    invert: bool = option(default=False, help="whether the largest becomes the smallest: black for white")
    pixels: int = bounded(0, at_least=-1_000, at_most=1_000, help="how far pictures or signals move to the right")

    def __post_init__(self) -> None:
        check(self, "data.shift")

    @property
    def says(self) -> str:
        """What is done, in words."""
        parts = [
            f"moved by {self.pixels}" if self.pixels else "",
            "inverted" if self.invert else "",
            f"multiplied by {self.scale:g}" if self.scale != 1 else "",
            f"raised by {self.offset:g}" if self.offset else "",
        ]
        return ", ".join(part for part in parts if part) or "left as they are"
