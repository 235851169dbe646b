"""A person's own table."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from engine.data.array_table import table_of_arrays
from engine.data.folders import cache_folder
from engine.data.formats import csv_file, idx, npz
from engine.data.formats.cells import Decimal
from engine.data.formats.plain_text import Encoding
from engine.data.formats.sheet import Sheet, joined
from engine.data.formats.text_file import Delimiter, Form
from engine.data.progress import Progress, silent
from engine.data.roles import Missing, Wishes, table_of
from engine.data.selection import Wanted, selected
from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.errors import KeyProblem, LabError
from engine.fields import bounded, check, option


@SOURCES.register("file")
@dataclass(frozen=True, slots=True)
class OwnFile:
    """Your own data: a CSV or TSV file, an .npz file, or a folder of pictures in the format of MNIST."""

    implied_by: ClassVar[str] = "file"

    file: str = option("", help="path of a CSV, TSV or .npz file, or of a folder with IDX pictures")
    test_file: str | None = option(
        None, absent="none", help="path of a file with the same columns whose rows are the test rows", rare=True
    )
    date: str | None = option(None, absent="none", help="the column of days or times that puts the rows in order")
    group: str | None = option(
        None, absent="none", help="the column whose equal cells stay together: a patient's rows train or test, not both"
    )
    missing: Missing = option(
        "error",
        help="empty cells: leave their rows out, or put the training rows' mean or median there (a word has none)",
    )
    most_words: int = bounded(
        20,
        at_least=1,
        at_most=1_000,
        help="words of a column that become features, the most frequent but for the test rows; one is for all others",
        rare=True,
    )
    delimiter: Delimiter | None = option(
        None, help="what stands between cells; by default what the header has", rare=True
    )
    decimal: Decimal | None = option(None, help="the sign before decimals; by default what the numbers have", rare=True)
    encoding: Encoding | None = option(None, help="how its characters are written; by default UTF-8", rare=True)
    header: bool | None = option(
        None,
        help="whether the first line names the columns; by default it does, unless it holds only numbers",
        rare=True,
    )

    def __post_init__(self) -> None:
        check(self, "data")

    def read(self, wanted: Wanted, progress: Progress) -> Table:
        """Return the file's rows, those of the test file last; words become one-hot features, days their number."""
        if not self.file:
            raise KeyProblem("data.file", "is missing", 'set file = "mine.csv", the path of your table')
        path = Path(self.file)
        if self._holds_arrays:
            self._refuse_keys_of_tables()
            if path.is_dir():
                return selected(table_of_arrays(idx.read(path, progress), self.missing), wanted)
            table = table_of_arrays(npz.read(path, _array_of(wanted)), self.missing)
            return selected(table, replace(wanted, target=None))
        sheet = self._read(path, progress)
        own_rows = sheet.rows
        if self.test_file is not None:
            second = self._read(Path(self.test_file), progress)
            sheet = joined(sheet, second, self.test_file, cache_folder())
        return table_of(sheet, Wishes(wanted, self.date, self.group, self.missing, self.most_words), own_rows)

    def sheet(self) -> Sheet:
        """Return the file's columns as they stand there.

        Raises
        ------
        LabError
            Where it is no text with columns.
        """
        if self._holds_arrays:
            raise LabError("holds arrays and no columns", "look at them as a table", where=self.file)
        return self._read(Path(self.file), silent)

    def _read(self, path: Path, progress: Progress) -> Sheet:
        return csv_file.read(path, Form(self.delimiter, self.encoding, self.header), self.decimal, progress)

    @property
    def _holds_arrays(self) -> bool:
        path = Path(self.file)
        with suppress(OSError):
            return path.suffix.casefold() == ".npz" or path.is_dir()
        return False

    def _refuse_keys_of_tables(self) -> None:
        """Refuse what means something only where a file is text with columns."""
        default = OwnFile(self.file)
        for key in ("test_file", "date", "group", "most_words", "delimiter", "decimal", "encoding", "header"):
            if getattr(self, key) != getattr(default, key):
                raise KeyProblem(f"data.{key}", "belongs to CSV and TSV files, and this is none", "leave it out")


def _array_of(wanted: Wanted) -> str | None:
    """Return the name of the array that is the target."""
    if wanted.target is not None and len(wanted.target) > 1:
        raise KeyProblem("data.target", "names several arrays", "name one: it may have several columns")
    return wanted.target[0] if wanted.target else None
