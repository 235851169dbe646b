"""A person's own table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from engine.data.folders import cache_folder
from engine.data.formats import csv_file
from engine.data.formats.cells import Decimal
from engine.data.formats.sheet import joined
from engine.data.formats.text_file import Delimiter, Encoding, Form
from engine.data.progress import Progress
from engine.data.roles import Missing, Wishes, table_of
from engine.data.selection import Wanted
from engine.data.sources.base import SOURCES
from engine.data.table import Table
from engine.errors import KeyProblem
from engine.fields import bounded, check, option


@SOURCES.register("file")
@dataclass(frozen=True, slots=True)
class OwnFile:
    """Your own CSV or TSV file: a line of column names, then a line for each row."""

    implied_by: ClassVar[str] = "file"

    file: str = option("", help="path of a CSV or TSV file in UTF-8 with a header line")
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
        help="a column of words becomes a feature for each of so many words, and one for all that are rarer",
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
        form = Form(self.delimiter, self.encoding, self.header)
        sheet = csv_file.read(Path(self.file), form, self.decimal, progress)
        own_rows = sheet.rows
        if self.test_file is not None:
            second = csv_file.read(Path(self.test_file), form, self.decimal, progress)
            sheet = joined(sheet, second, self.test_file, cache_folder())
        return table_of(sheet, Wishes(wanted, self.date, self.group, self.missing, self.most_words), own_rows)
