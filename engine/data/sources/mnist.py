"""Handwritten digits, 28 by 28, after a download."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.data import downloaded
from engine.data.progress import Progress
from engine.data.selection import Wanted, selected
from engine.data.sources.base import SOURCES
from engine.data.table import Table


@SOURCES.register("mnist")
@dataclass(frozen=True, slots=True)
class Mnist:
    """70,000 handwritten digits as 28 × 28 pictures; `lossbook fetch mnist` downloads them."""

    fetched: ClassVar[bool] = True
    start: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "model": {"hidden": [128]},
        "training": {"batch_size": 128, "epochs": 10},
    }

    def read(self, wanted: Wanted, progress: Progress) -> Table:
        """Return 60,000 training rows and 10,000 test rows of 784 pixels, each a byte, row by row from the top."""
        return selected(
            downloaded.read("mnist", "12 MB", "digit", tuple(str(digit) for digit in range(10)), progress), wanted
        )
