"""Brings the pages that a killed program left behind up to their last event, at the next start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.errors import LabError
from engine.events import Event, RunEnded
from sessions import codec, files, journal, lock
from sessions.beside import journal_of
from sessions.lock import Taken
from sessions.record import Record, fold
from sessions.weights import known_weights, write_weights


def recover(folder: Path) -> list[str]:
    """Recover every page of a folder that nobody writes, clear away what a kill left, and say in lines what was done.

    A page that another process has, or one of another machine, stays as it is.
    """
    if not folder.is_dir():
        return []
    said: list[str] = []
    for path in _left_behind(folder):
        try:
            held = lock.acquire(path, "recovered")
        except Taken:
            continue
        except LabError as error:
            said.append(f"{path.stem} could not be recovered: {error}")
            continue
        try:
            said += _bring_up(path)
        except (LabError, OSError) as error:
            said.append(f"{path.stem} could not be recovered: {error}")
        finally:
            held.release()
    try:
        files.remove_strays(folder)
    except OSError as error:
        said.append(f"{folder}: what a kill left could not be cleared away: {error.strerror}")
    return said


def interrupted(record: Record) -> Record:
    """Return the record of a study that nobody ended: what was still going is called interrupted."""
    if record.over:
        return record
    going = {"waiting", "training", "paused"}
    runs = tuple(replace(run, status="interrupted") if run.status in going else run for run in record.runs)
    return replace(record, status="interrupted", runs=runs)


def _left_behind(folder: Path) -> list[Path]:
    """Return the pages beside which a journal or a lock lies, as while they are written or after a kill."""
    found = (path for pattern in ("*.journal", "*.lock") for path in folder.glob(pattern))
    return sorted({path.with_suffix(".toml") for path in found if not path.name.startswith(".")})


def _bring_up(path: Path) -> list[str]:
    """Take the journal of a page that is ours now onto it."""
    left = journal_of(path)
    if left.is_symlink() or not left.is_file():
        return []
    page = codec.read_page(path)
    # A damaged journal ends early: the page may have been saved since.
    events: list[Event] = list(journal.read(left))
    told = max(fold(events), page.record or Record(), key=_epochs)
    record = interrupted(told)
    files.save(path, codec.write_page(replace(page, record=record)).encode())
    if found := {end.run: end.weights for end in events if isinstance(end, RunEnded) and end.weights}:
        write_weights(path, {**known_weights(path, found), **found})
    left.unlink()
    return [f"{path.stem}: recovered to epoch {max((run.epoch for run in record.runs), default=0)}"]


def _epochs(record: Record) -> int:
    return sum(run.epoch for run in record.runs)
