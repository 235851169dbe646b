"""How far a study is, how fast it goes and how long it will take: pure, from the record and a clock."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sessions.record import Record
from tui.numbers import duration, short

WINDOW_SECONDS = 5.0
BAR = 20


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a study stands."""

    epoch: int
    epochs: int
    share: float
    """Of all epochs of all runs, 0 to 1."""
    rate: float | None = None
    """Epochs a second of one run, as the runs side by side make them; None until it can be told."""
    seconds_left: float | None = None

    def says(self) -> str:
        """Return it in words: `epoch 34/100 · 12 epochs/s · 5.0 s left`."""
        parts = [f"epoch {self.epoch}/{self.epochs}"]
        if self.rate is not None:
            parts.append(f"{self.rate:,.0f} epochs/s" if self.rate >= 10 else f"{self.rate:.1f} epochs/s")
        if self.seconds_left is not None:
            parts.append(f"{duration(self.seconds_left)} left")
        return " · ".join(parts)


def bar(share: float) -> str:
    """Return a share from 0 to 1 as a bar: `━━━━━─────  50%`."""
    filled = round(BAR * min(max(share, 0.0), 1.0))
    return f"{'━' * filled}{'─' * (BAR - filled)} {share:4.0%}"


def done(record: Record) -> tuple[int, int]:
    """Return the epochs that were trained and that are planned, over all runs; one that is over needs no more."""
    over = {"finished", "stopped", "diverged", "failed", "interrupted"}
    trained = sum(run.epoch for run in record.runs)
    planned = sum(run.epoch if run.status in over else run.epochs for run in record.runs)
    return trained, planned


@dataclass(slots=True)
class Pace:
    """Measures the rate over the last seconds, so that a pause or a slow start is soon forgotten."""

    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def look(self, record: Record, now: float) -> Progress:
        """Return the progress at a time in seconds."""
        trained, planned = done(record)
        going = [run for run in record.runs if run.status in {"training", "paused"}]
        shown = (
            min(going, key=lambda run: run.epoch)
            if going
            else max(record.runs, key=lambda run: run.epoch, default=None)
        )
        epoch, epochs = (shown.epoch, shown.epochs) if shown else (0, 0)
        share = trained / planned if planned else 1.0
        if record.status != "training":
            self._seen.clear()
            return Progress(epoch, epochs, share)
        self._seen.append((now, trained))
        while len(self._seen) > 2 and now - self._seen[0][0] > WINDOW_SECONDS:
            self._seen.popleft()
        first_time, first_count = self._seen[0]
        passed = now - first_time
        if passed < 0.3 or trained == first_count:
            return Progress(epoch, epochs, share)
        total = (trained - first_count) / passed
        return Progress(epoch, epochs, share, total / max(1, len(going)), (planned - trained) / total)


def standing(record: Record, pace: Pace, now: float, page: str = "") -> tuple[str, float | None]:
    """Return where a study stands in words, and the share that is done while it goes; `page` is what it is kept as."""
    if record.loading is not None and not record.over:
        return "reading the data", record.loading
    if not record.runs:
        return "nothing trained yet", None
    progress = pace.look(record, now)
    words = {"training": "▶", "paused": "‖ paused ·"}.get(record.status, f"{record.status} ·")
    detail = progress.says()
    if record.over and page:
        views = "w: settings or curves · " if len(record.settings) > 1 else ""
        detail = f"{views}page {page}"
    if record.interventions and not record.over:
        last = record.interventions[-1]
        detail = f"{last.key.replace('_', ' ')} {short(last.value)} · {detail}"
    warnings = f" · ! {record.warnings[0]}" if record.warnings else ""
    return f"{words} {detail}{warnings}", None if record.over else progress.share
