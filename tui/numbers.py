"""Numbers, durations and settings as people read them: short, and as wide as their neighbours."""

from __future__ import annotations

import math

from sessions.record import RunRecord


def figure(value: float | None, digits: int = 4) -> str:
    """Return a loss or metric in four significant digits: `0.5225`, `12.35`; three beside an exponent: `1.23e-05`.

    What there is none of is `–`.
    """
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "∞" if value > 0 else "−∞"
    size = abs(value)
    if value != 0 and (size < 1e-3 or size >= 1e6):
        return f"{value:.{digits - 2}e}"
    whole = len(str(int(size))) if size >= 1 else 0
    return f"{value:.{max(0, digits - whole)}f}"


def short(value: float) -> str:
    """Return a setting such as a learning rate in two significant digits: `0.03`, `1.5e-4`, `50`."""
    return f"{value:.2g}".replace("e-0", "e-").replace("e+0", "e")


def value_text(value: object) -> str:
    """Return a setting as it stands in a file, but for quotes: `[16, 8]`, `true`, `patience = 10`; `–` for none."""
    if value is None:
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {item}" for key, item in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


def counted(number: int, word: str) -> str:
    """Return how many there are of something: `1 row`, `1,234 rows`, `0 classes`."""
    ending = "" if number == 1 else "es" if word.endswith("s") else "s"
    return f"{number:,} {word}{ending}"


def duration(seconds: float) -> str:
    """Return a duration: `0.4 s`, `12 s`, `3:05`, `1:02:03`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def main_metric(run: RunRecord) -> str:
    """Return the metric that is shown beside the loss: accuracy of classes, mean absolute error of numbers."""
    for name in ("accuracy", "mae"):
        if name in run.train_curves or name in (run.train or {}):
            return name
    return "loss"


def latest(run: RunRecord, part: str, name: str) -> float | None:
    """Return a run's newest figure: of the kept weights where it has ended, else of the last epoch."""
    final = getattr(run, part)
    if final is not None:
        value: float | None = final.get(name)
        return value
    curve = (
        run.train_curves.get(name)
        if part == "train"
        else run.validation_curves.get(name)
        if part == "validation"
        else None
    )
    return curve.last if curve is not None else None
