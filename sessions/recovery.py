"""Brings the pages that a killed program left behind up to their last event, at the next start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.errors import LabError
from engine.events import Event, RunEnded
from sessions import codec, files, journal, lock
from sessions.beside import journal_of
from sessions.lock import Taken
from sessions.page import Page
from sessions.quarantine import FOLDER, keep_damaged
from sessions.record import Record, fold
from sessions.salvage import Salvaged, is_damaged, salvage
from sessions.weights import known_weights, write_weights

DOUBT = "figures may have changed where it was damaged: run it again to compare"


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
    """Mend a page that is ours now, if it is damaged, and take its journal onto it."""
    left = journal_of(path)
    has_journal = left.is_file() and not left.is_symlink()
    # A damaged journal ends early: the page may have been saved since.
    events: list[Event] = list(journal.read(left)) if has_journal else []
    told = fold(events)
    said = ""
    if is_damaged(path) or (not files.is_there(path) and files.is_there(files.backup_of(path))):
        said = mend(path, told)
    elif not has_journal:
        return []
    page = codec.read_page(path)
    if not has_journal:
        return [f"{path.stem}: {said}"]
    record = interrupted(max(told, page.record or Record(), key=_epochs))
    files.save(path, codec.write_page(replace(page, record=record)).encode(), keep_old=not said)
    if found := {end.run: end.weights for end in events if isinstance(end, RunEnded) and end.weights}:
        write_weights(path, {**known_weights(path, found), **found})
    left.unlink()
    recovered = f"recovered to epoch {max((run.epoch for run in record.runs), default=0)}"
    return [f"{path.stem}: {'; '.join(filter(None, (recovered, said)))}"]


def mend(path: Path, told: Record | None = None) -> str:
    """Put a page that can be read in place of a damaged one, which goes to `damaged/`; return what was done.

    The page's lock must be held. `told` is what is known of its runs from elsewhere.

    Raises
    ------
    LabError
        Where nothing can be had of it; it then stays where it is.
    """
    told = told or Record()
    backup, found = _backup(path), salvage(path)
    if backup is None and found is None:
        codec.read_page(path)
        raise LabError("cannot be mended", where=str(path))
    kept = f"{FOLDER}/{keep_damaged(path).name}" if files.is_there(path) else ""
    if found is not None and _is_better(found, backup, told):
        lost = found.lost if _covers(told, found) else (*found.lost, *found.unrecorded)
        what = "; ".join(lost) or "nothing that can be seen is lost"
        page = replace(found.page, salvaged=f"salvaged from {kept}: {what}; {DOUBT}")
        said = f"the page was damaged and is salvaged: {what}"
    elif backup is not None:
        page = backup
        said = f"the page {'was damaged' if kept else 'was gone'} and is as {files.backup_of(path).name} has it"
    files.save(path, codec.write_page(page).encode(), keep_old=False)
    return f"{said}; the damaged file is {kept}" if kept else said


def _is_better(found: Salvaged, backup: Page | None, told: Record) -> bool:
    """Tell whether what was salvaged says more than the page before its last save does."""
    if backup is None or (_covers(told, found) and not found.lost):
        return True
    return _epochs(found.page.record or Record()) > _epochs(backup.record or Record())


def _covers(told: Record, found: Salvaged) -> bool:
    """Tell whether the journal has all of the record, so that nothing of it is lost."""
    return bool(told.runs) and _epochs(told) >= _epochs(found.page.record or Record())


def _backup(path: Path) -> Page | None:
    try:
        return codec.read_page(files.backup_of(path))
    except LabError:
        return None


def _epochs(record: Record) -> int:
    return sum(run.epoch for run in record.runs)
