"""What a picture in an export shows."""

from __future__ import annotations

from engine.errors import LabError, nearest
from sessions.export.base import Subject


def curve_of(subject: Subject) -> str:
    """Return the name of the curves that are drawn.

    Raises
    ------
    LabError
        Where the page has none of that name, or none at all.
    """
    known = dict.fromkeys(name for run in subject.record.runs for name in run.train_curves)
    if not known:
        raise LabError("the page has no curves to draw", "train it first: lossbook run", where=subject.path.stem)
    metric = subject.metric or "loss"
    if metric not in known:
        raise LabError(f"there are no curves of {metric!r}", nearest(metric, known), where="--metric")
    return metric
