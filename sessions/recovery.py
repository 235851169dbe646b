"""Brings the pages that a killed program left behind up to their last event, at the next start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.errors import LabError
from engine.events import Event, RunEnded
from sessions import codec, files, journal, lock
from sessions.archive import known_weights, save_archive
from sessions.beside import journal_of
from sessions.lock import Taken
from sessions.origin import Origin
from sessions.record import OVER, Record, fold


def recover(folder: Path) -> list[str]:
    """Recover every page of a folder that nobody writes, clear away what a kill left, and say in lines what was done.

    A page that another process has, or one of another machine, stays as it is.
    """
    said: list[str] = []
    try:
        left = _left_behind(folder) if folder.is_dir() else []
    except OSError as error:
        return [f"{folder} cannot be read: {error.strerror}; {files.advice(error)}"]
    for path in left:
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
    files.sweep(folder)
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
    damage = journal.damage(left, len(events))
    known = page.record or Record()
    heard = replace(fold(events), origin=Origin(known.origin.experiment))
    record = interrupted(max(heard, known, key=_progress))
    files.save(path, codec.write_page(replace(page, record=record)).encode())
    found = {end.run: end.weights for end in events if isinstance(end, RunEnded) and end.weights}
    save_archive(path, record, known_weights(path, record, found) | found)
    left.unlink()
    epoch = max((run.epoch for run in record.runs), default=0)
    return [f"{path.stem}: recovered to epoch {epoch}{damage}"]


def _progress(record: Record) -> tuple[int, int, bool]:
    """Return what tells which of two records of one study is the later one."""
    ended = sum(run.status in OVER for run in record.runs)
    return sum(run.epoch for run in record.runs), ended, record.over
