"""Brings the pages that a killed program left behind up to their last event, at the next start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from engine.errors import LabError
from engine.events import Event, RunEnded, StudyEnded, StudyStarted
from engine.plan import plan, settings_of
from sessions import codec, files, journal, lock
from sessions.archive import known_weights, save_archive
from sessions.beside import JOURNAL, LOCK, SUFFIX, backup_of, journal_of
from sessions.journal import Heard
from sessions.lock import Taken
from sessions.origin import Origin
from sessions.page import Page
from sessions.quarantine import FOLDER, keep_damaged
from sessions.record import OVER, Record, fold
from sessions.salvage import Salvaged, is_damaged, salvage

DOUBT = "figures may have changed where it was damaged: `lossbook verify` compares"


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
    found = (path for ending in (JOURNAL, LOCK) for path in folder.glob(f"*{ending}"))
    return sorted({path.with_suffix(SUFFIX) for path in found if not path.name.startswith(".")})


def _bring_up(path: Path) -> list[str]:
    """Mend a page that is ours now, if it is damaged, and take its journal onto it."""
    left = journal_of(path)
    has_journal = left.is_file() and not left.is_symlink()
    told = journal.hear(left) if has_journal else Heard(())
    # A damaged journal may lack some: the page may have been saved since.
    events = without_end(told.events) if told.is_damaged else told.events
    heard, unused = folded(events) if told.is_damaged else (fold(events), 0)
    said = ""
    if is_damaged(path) or (not files.is_there(path) and files.is_there(backup_of(path))):
        said = mend(path, heard)
    if has_journal and not files.is_there(path):
        hint = f"give the page its name {path.name} again where it has another now, or delete {left.name}"
        raise LabError("there is no page beside its journal", hint)
    page = codec.read_page(path) if has_journal else _just_begun(path)
    if page is None:
        return [f"{path.stem}: {said}"] if said else []
    if told.is_damaged and not any(isinstance(event, StudyStarted) for event in events):
        events = without_end((_planned(page), *told.events))
        heard, unused = folded(events)
    if has_journal and not _is_of(heard, page):
        kept = keep_damaged(left)
        if page.record is not None and not page.record.over:
            over = replace(page, record=interrupted(page.record))
            files.save(path, codec.write_page(over).encode(), keep_old=not said)
        left.unlink()
        return [f"{path.stem}: the journal beside it is another study's, and is {FOLDER}/{kept.name} now"]
    known = page.record or Record()
    heard = replace(heard, origin=Origin(known.origin.experiment)) if has_journal else known
    record = interrupted(max(heard, known, key=_progress))
    files.save(path, codec.write_page(replace(page, record=record)).encode(), keep_old=not said)
    found = {end.run: end.weights for end in events if isinstance(end, RunEnded) and end.weights}
    save_archive(path, record, known_weights(path, record, found) | found)
    damage = _damage(told, unused, left)
    if has_journal:
        left.unlink()
    epoch = max((run.epoch for run in record.runs), default=0)
    return [f"{path.stem}: recovered to epoch {epoch}{damage}{'; ' if said else ''}{said}"]


def without_end(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return a damaged journal's events, without the end of a study where that of one of its runs is lost.

    Such a run was not stopped, as `StudyEnded` has it otherwise: nobody knows, and `resume` goes on with it.
    """
    others = tuple(event for event in events if not isinstance(event, StudyEnded))
    record, _ = folded(others)
    return tuple(events) if all(run.status in OVER for run in record.runs) else others


def folded(events: Iterable[Event]) -> tuple[Record, int]:
    """Return the record after the events of a journal, and how many say nothing without others that are lost."""
    events = tuple(events)
    try:
        return fold(events), 0
    except LabError:
        # One by one takes longer.
        record, unused = Record(), 0
    for event in events:
        try:
            record = fold((event,), record)
        except LabError:
            unused += 1
    known = range(len(record.runs))
    done = tuple(one for one in record.interventions if all(run in known for run in one.runs))
    return replace(record, interventions=done), unused + len(record.interventions) - len(done)


def _planned(page: Page) -> StudyStarted:
    """Return the first event of a page's study, where its journal has lost it."""
    specs = plan(page.experiment)
    return StudyStarted(
        labels=tuple(spec.label for spec in specs),
        restarts=tuple(spec.restart + 1 for spec in specs),
        repeats=tuple(spec.repeat + 1 for spec in specs),
        folds=tuple(spec.fold + 1 for spec in specs),
        epochs=page.experiment.training.epochs,
        settings=tuple(settings_of(page.experiment)),
        setting_of=tuple(spec.setting for spec in specs),
    )


def _damage(told: Heard, unused: int, left: Path) -> str:
    """Return in words what is lost of a journal, after it was kept where that is more than the end of its last line."""
    if not told.is_damaged:
        return "; the last line of the journal is cut off and could not be read" if told.unread else ""
    lines = "1 line" if told.unread == 1 else f"{told.unread:,} lines"
    without = f", and {unused:,} more say nothing without them" if unused else ""
    kept = f"the damaged journal is {FOLDER}/{keep_damaged(left).name}"
    return f"; the journal was damaged: {lines} could not be read{without}; {kept}"


def _is_of(heard: Record, page: Page) -> bool:
    """Tell whether a journal tells of a page's study, of the same runs on the same data; an empty one tells nothing."""
    if not heard.runs:
        return True
    known = page.record or Record()
    if known.status == "finished" and _progress(heard) > _progress(known):
        # Nobody goes on with what has finished.
        return False
    if known.origin.experiment:
        # Its experiment was edited since: the study of the journal is the one before, which its plan tells no more.
        return True
    same_data = heard.data is None or known.data is None or heard.data.sha256 == known.data.sha256
    same_settings = list(heard.settings) == settings_of(page.experiment)
    same_runs = [run.label for run in heard.candidates] == [spec.label for spec in plan(page.experiment)]
    return same_data and same_settings and same_runs


def _just_begun(path: Path) -> Page | None:
    """Return a page without a journal whose study still goes by what it says: killed before the journal was made."""
    try:
        page = codec.read_page(path)
    except LabError:
        # There is none, or a person's mistake is theirs to mend.
        return None
    return page if page.record is not None and not page.record.over else None


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
        page = backup if backup.record is None else replace(backup, record=interrupted(backup.record))
        said = f"the page {'was damaged' if kept else 'was gone'} and is as {backup_of(path).name} has it"
    text = codec.write_page(page)
    # Better the damaged file than one that nobody can read either.
    codec.parse(text, str(path))
    files.save(path, text.encode(), keep_old=False)
    return f"{said}; the damaged file is {kept}" if kept else said


def _is_better(found: Salvaged, backup: Page | None, told: Record) -> bool:
    """Tell whether what was salvaged says more than the page before its last save does."""
    if backup is None or (_covers(told, found) and not found.lost):
        return True
    return _progress(found.page.record or Record()) > _progress(backup.record or Record())


def _covers(told: Record, found: Salvaged) -> bool:
    """Tell whether the journal has all of the record, so that nothing of it is lost."""
    return bool(told.runs) and _progress(told) >= _progress(found.page.record or Record())


def _backup(path: Path) -> Page | None:
    try:
        return codec.read_page(backup_of(path))
    except LabError:
        return None


def _progress(record: Record) -> tuple[int, int, bool]:
    """Return what tells which of two records of one study is the later one."""
    ended = sum(run.status in OVER for run in record.runs)
    return sum(run.epoch for run in record.runs), ended, record.over
