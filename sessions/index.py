"""The pages of a folder in brief, 5,000 of them at once: from the index what has not changed, the rest read anew."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from engine.errors import LabError
from sessions import codec, index_file, looks
from sessions.beside import SUFFIX
from sessions.listed import Listed, Stamp
from sessions.page import Page
from sessions.record import Record
from sessions.report import summarize, verdict_of
from sessions.salvage import what_is_wrong

SETTLED_NS = 2_000_000_000
"""A file that was changed so short a time ago may change again without another time of change."""
LONGEST_NOTE = 300


class Index:
    """What is known of a folder. `unread` are the pages that have to be read; `read` does it, and can be left.

    Raises
    ------
    LabError
        Where the folder cannot be read. One that does not exist has no pages.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = index_file.load(folder)
        self._known: dict[str, Listed] = {}
        self._passing: set[str] = set()
        """Names of entries that are not to be kept: another reading may give another one."""
        self.unread: list[str] = []
        for file, stamp in sorted(_scan(folder), key=_age):
            entry = kept.get(file)
            if entry is not None and entry.stamp == stamp:
                self._known[file] = entry
            else:
                self.unread.append(file)
        self._changed = len(self._known) != len(kept)

    @property
    def entries(self) -> list[Listed]:
        """What is known so far, the file that was changed last first."""
        return sorted(self._known.values(), key=lambda entry: _age((entry.file, entry.stamp)), reverse=True)

    def read(self) -> Iterator[Listed]:
        """Read the pages that have to be read, newest first, and yield each."""
        while self.unread:
            file = self.unread.pop()
            entry, lasting = _fresh(self.folder, file)
            self._known[file] = entry
            if lasting:
                self._changed = True
            else:
                self._passing.add(file)
            yield entry

    def keep(self) -> None:
        """Write what is known to the index, if that is not what stands there."""
        if self._changed:
            index_file.save(self.folder, [self._known[name] for name in self._known.keys() - self._passing])
            self._changed = False


def entries_of(folder: Path, tell: Callable[[int, int], None] | None = None) -> list[Listed]:
    """Return every page of a folder, newest first; one that cannot be read comes with the reason and hides no other.

    Raises
    ------
    LabError
        Where the folder cannot be read.
    """
    index = Index(folder)
    try:
        wanted = len(index.unread)
        for number, _ in enumerate(index.read(), 1):
            if tell is not None:
                tell(number, wanted)
    finally:
        index.keep()
    return index.entries


def listed(folder: Path, file: str, page: Page) -> Listed:
    """Return a page in brief, without what only its file can tell."""
    record = page.record
    known = record or Record()
    return Listed(
        folder,
        file,
        title=page.title,
        created=page.created.isoformat() if page.created else "",
        tags=page.tags,
        data=page.experiment.data.label,
        task=known.data.task if known.data else "",
        status=record.status if record else "",
        runs=len(known.runs),
        verdict=verdict_of(page) or "",
        choose_by=page.experiment.choose_by,
        summary=summarize(known),
        notes=page.notes.strip().partition("\n")[0][:LONGEST_NOTE],
        parent=known.branch.parent if known.branch else "",
        test_looks=known.looks_before + looks.looks_of(known),
    )


def _fresh(folder: Path, file: str) -> tuple[Listed, bool]:
    """Read a page; return it with whether the entry will be true as long as the file's stamp is the same."""
    now, path = time.time_ns(), folder / file
    before = _stamp(path)
    try:
        page = codec.read_page(path)
    except LabError as error:
        # Not lasting: a newer lossbook, or one who may read the file, can find more in it.
        return Listed(folder, file, before, what_is_wrong(path, error)), False
    rows, count = looks.said_in(path)
    entry = replace(listed(folder, file, page), stamp=before, ledger_rows=rows, ledger_looks=count)
    lasting = before is not None and _stamp(path) == before and _settled(before, now)
    # A link can give way to its target, whose looks count while those of a link do not.
    return entry, lasting and not path.is_symlink()


def _settled(stamp: Stamp, now: int) -> bool:
    """Tell whether the next change of a file will have another time; a time to come, set by hand, will not be that."""
    return all(abs(now - moment) > SETTLED_NS for moment in (stamp.modified, stamp.changed))


def _scan(folder: Path) -> list[tuple[str, Stamp | None]]:
    """Return the files that may be pages."""
    try:
        with os.scandir(folder) as found:
            return [(file.name, _stamp(file)) for file in found if _is_named_as_page(file.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        hint = "give another one with --sessions DIR"
        raise LabError(f"the folder cannot be read: {error.strerror}", hint, where=str(folder)) from error


def _stamp(file: Path | os.DirEntry[str]) -> Stamp | None:
    """Return the stamp of a file, or of that to which a link leads; None where there is none."""
    try:
        return Stamp.of(file.stat())
    except OSError:
        return None


def _is_named_as_page(file: str) -> bool:
    return file.endswith(SUFFIX) and not file.startswith(".")


def _age(file: tuple[str, Stamp | None]) -> tuple[int, str]:
    name, stamp = file
    return stamp.modified if stamp else 0, name
