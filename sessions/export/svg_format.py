"""SVG: the plot of the losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sessions.export.base import EXPORTS, Exported, Subject
from sessions.export.drawn import curve_of
from sessions.page import default_title


@EXPORTS.register("svg")
@dataclass(frozen=True, slots=True)
class Svg:
    """The curves over epochs as lines, with best epochs and the baselines' levels."""

    suffix: ClassVar[str] = ".svg"
    heeds: ClassVar[frozenset[str]] = frozenset({"metric", "log"})
    beside: ClassVar[str | None] = None

    def export(self, subject: Subject) -> Exported:
        """Return the picture; LabError where there is nothing to draw."""
        page = subject.page
        metric = curve_of(subject)
        title = page.title or default_title(page.experiment)
        return Exported(subject.renderer.svg(subject.record, metric, log=subject.log, title=title))
