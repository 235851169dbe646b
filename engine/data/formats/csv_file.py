"""Reads a person's own table: text with a delimiter, a header line, and cells that are numbers, words or days.

Nothing is guessed in silence. What could be read in one way only is read that way and said in `Sheet.notes`; what
could be read in two is refused, with the key that decides. Numbers are put aside block by block; columns of words and
days are read in a second pass, once it is known what they hold, so that cells are never all held as texts. What took
long is kept in a cache, by the hash of the file.
"""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from engine.data.folders import cache_folder
from engine.data.formats import cache
from engine.data.formats.cells import Decimal, reader_of
from engine.data.formats.numbers import Writer
from engine.data.formats.reading import TextFile, reading
from engine.data.formats.sheet import BLOCK_ROWS, Sheet, assembled
from engine.data.formats.survey import Survey
from engine.data.formats.text_file import Form, look
from engine.data.progress import Progress, silent
from engine.errors import LabError

AS_IT_IS = Form()
FIRST_SHARE = 0.7
"""Of the time to read a file, what the first of two passes takes."""


def read(path: Path, form: Form = AS_IT_IS, decimal: Decimal | None = None, progress: Progress = silent) -> Sheet:
    """Return the table of a file; `progress` is told the share that has been read.

    Raises
    ------
    LabError
        With the file, and the line and column where there is one.
    """
    before = _stamp(path)
    try:
        file = look(path, form)
        folder = cache_folder()
        kept = cache.entry_of(folder, file, decimal)
        with kept.alone():
            sheet = kept.load(lambda found: cache.load(found, str(path)))
            if sheet is None:
                sheet = _parsed(file, decimal, folder, progress)
                _refuse_if_changed(path, before)
                kept.save(partial(cache.save, sheet))
    except LabError:
        _refuse_if_changed(path, before)
        raise
    except (OSError, UnicodeError) as error:
        _refuse_if_changed(path, before)
        says = error.strerror if isinstance(error, OSError) else str(error)
        raise LabError(f"cannot be read: {says}", "look at the file", where=str(path)) from error
    progress(1.0)
    return replace(sheet, sha256=file.sha256)


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Return what another file, or other content, would have otherwise; None where there is no file."""
    with suppress(OSError, ValueError):
        found = path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns
    return None


def _refuse_if_changed(path: Path, before: tuple[int, ...] | None) -> None:
    if _stamp(path) != before:
        raise LabError("has changed while it was read", "read it again when nobody writes to it", where=str(path))


def _parsed(
    file: TextFile, asked: Decimal | None, folder: Path | None, progress: Progress, *, quickly: bool = True
) -> Sheet:
    with closing(Survey(file, lambda columns: Writer(columns, folder))) as survey:
        return _surveyed(file, survey, asked, progress, quickly=quickly) or _parsed(
            file, asked, folder, progress, quickly=False
        )


def _surveyed(
    file: TextFile, survey: Survey, asked: Decimal | None, progress: Progress, *, quickly: bool
) -> Sheet | None:
    """Return the table, or None where blocks that were taken quickly have to be looked at cell by cell after all."""
    # Where points or commas may stand for thousands, each cell has to be looked at.
    quickly = quickly and asked != "comma" and file.delimiter != ";"
    with reading(file, lambda share: progress(FIRST_SHARE * share)) as first:
        for numbers, whole in first.numbers() if quickly else ():
            survey.take_numbers(numbers, whole=whole)
        rows = first.rows()
        while block := list(islice(rows, BLOCK_ROWS)):
            survey.take(block)
    decimal = survey.settle(asked)
    if decimal == "comma" and quickly and survey.took_numbers:
        return None
    said = ["numbers with a decimal comma"] if decimal == "comma" and asked is None else []
    _read_again(file, survey, lambda share: progress(FIRST_SHARE + (1 - FIRST_SHARE) * share))
    notes = (*file.notes, *said, *survey.notes)
    return assembled(survey.columns, survey.rows, notes, survey.numbers())


def _read_again(file: TextFile, survey: Survey, progress: Progress) -> None:
    """Read the columns of words and days."""
    readers = [
        (place, reader_of(file.path, column))
        for place, column in enumerate(survey.columns)
        if column.kind in {"word", "day"}
    ]
    if not readers:
        return
    seen = 0
    with reading(file, progress) as second:
        rows = second.rows()
        while block := list(islice(rows, BLOCK_ROWS)):
            seen += len(block)
            lines = [line for line, _ in block]
            for place, reader in readers:
                reader.take(lines, [cells[place] for _, cells in block])
    if seen != survey.rows:
        raise LabError("has changed while it was read", "read it again when nobody writes to it", where=str(file.path))
    for _, reader in readers:
        reader.finish()
