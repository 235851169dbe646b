"""A person's own table: what is read, what is said of it, and what is refused."""

from __future__ import annotations

import csv
import io
import os
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import own

from engine import tables
from engine.data import prepare
from engine.data.encoding import RARE
from engine.data.formats import cells, csv_file, plain_text, reading
from engine.data.formats.csv_file import read
from engine.data.formats.text_file import DELIMITERS, Form
from engine.data.loading import load
from engine.data.sources import OwnFile, Wine
from engine.errors import KeyProblem, LabError
from engine.experiment import Data
from engine.plan import plan
from engine.prepare import read_one as jobs_of
from engine.streams import Purpose, stream


@pytest.fixture
def put(tmp_path):
    def write(text, name="mine.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def table_of(path, **keys):
    table = load(own(path, **keys), 0)
    return replace(table, features=np.asarray(table.features))


def whole(path, *arguments):
    """Return a sheet all of whose columns can be used."""
    sheet = read(path, *arguments)
    for column in sheet.columns:
        if column.fault is not None:
            raise column.fault
    return sheet


def columns_of(sheet):
    return {column.name: column for column in sheet.columns}


# --- what is read -----------------------------------------------------------------------------------------------------


def test_numbers_words_and_days(put):
    sheet = read(put("day,size,colour,price\n2013-01-01,1,red,2.5\n2013-01-02,-2e3,blue,.5\n2013-01-03,3.,red,7\n"))
    assert [column.kind for column in sheet.columns] == ["day", "number", "word", "number"]
    found = columns_of(sheet)
    assert found["size"].values.tolist() == [1, -2000, 3]
    assert found["price"].values.tolist() == [2.5, 0.5, 7]
    assert found["colour"].vocabulary == ("red", "blue")
    assert found["colour"].values.tolist() == [0, 1, 0]
    assert str(found["day"].values[2]) == "2013-01-03"
    assert sheet.notes == ()


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(
    numbers=st.lists(NUMBERS, min_size=2, max_size=20),
    words=st.lists(CELLS.map(lambda text: f"w{text.strip()}"), min_size=20, max_size=20),
    delimiter=st.sampled_from(["comma", "semicolon", "tab"]),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.booleans(),
)
def test_what_the_standard_writer_writes_is_read_back(tmp_path_factory, numbers, words, delimiter, end, mark):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=DELIMITERS[delimiter], lineterminator=end)
    writer.writerow(["number", "word"])
    for number, word in zip(numbers, words, strict=False):
        writer.writerow([repr(number), word])
    path = tmp_path_factory.mktemp("written") / "table.csv"
    path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + buffer.getvalue().encode())
    sheet = read(path)
    first, second = sheet.columns
    assert (first.name, second.name) == ("number", "word")
    assert first.values.tolist() == numbers
    assert [second.vocabulary[number] for number in second.values] == [word.strip() for word in words[: len(numbers)]]


def test_a_bundled_table_read_as_a_file_is_the_same(tmp_path):
    bundled = Wine().load(stream(0, Purpose.DATA))
    lines = [",".join([*bundled.feature_names, "grower"])]
    lines += [
        ",".join([*map(repr, row), bundled.classes[label]])
        for row, label in zip(bundled.features.tolist(), bundled.targets, strict=True)
    ]
    path = tmp_path / "wine.csv"
    path.write_text("\n".join(lines))
    own = table_of(path)
    np.testing.assert_array_equal(own.features, bundled.features)
    np.testing.assert_array_equal(own.targets, bundled.targets)
    assert own.classes == bundled.classes


@pytest.mark.parametrize(
    ("text", "values", "note"),
    [
        ("a;b\n1,5;2\n-0,25;3\n", [1.5, -0.25], "numbers with a decimal comma"),
        ('a,b\n"1,5",2\n"0,25",3\n', [1.5, 0.25], "numbers with a decimal comma"),
        ("a;b\n1.234;2\n0.5;3\n", [1.234, 0.5], "cells end at semicolons"),
        ("a\tb\n1.5\t2\n2\t3\n", [1.5, 2], "cells end at tabs"),
        ("a;b\n1,234;2,5\n2,5;3\n", [1.234, 2.5], "numbers with a decimal comma"),
    ],
)
def test_what_has_one_reading_is_read_and_said(put, text, values, note):
    sheet = read(put(text))
    assert sheet.columns[0].values.tolist() == values
    assert note in sheet.notes


def test_duplicate_and_empty_headers_are_renamed_and_said(put):
    sheet = read(put("a,a,,a-2,a\n1,2,3,4,5\n"))
    assert [column.name for column in sheet.columns] == ["a", "a-2", "column-3", "a-2-2", "a-3"]
    assert len(sheet.notes) == 4
    assert "column 2 is called a-2, another a" in sheet.notes


def test_empty_cells_are_counted(put):
    sheet = read(put("a,b,c\n1,NA,\n,x,\n3,?,\n"))
    assert [column.missing for column in sheet.columns] == [1, 2, 3]
    assert [column.kind for column in sheet.columns] == ["number", "word", "empty"]
    np.testing.assert_array_equal(sheet.columns[0].values, [1, np.nan, 3])
    assert sheet.columns[1].values.tolist() == [-1, 0, -1]


def test_blank_lines_and_line_breaks_in_quotes(put):
    sheet = read(put('a,b\n\n1,"x\ny"\n\n2,z\n'))
    assert sheet.rows == 2
    assert sheet.columns[1].vocabulary == ("x\ny", "z")


@given(
    data=st.data(),
    rows=st.integers(1, 30),
    size=st.integers(1, 8),
)
def test_the_size_of_a_block_shows_nowhere(tmp_path_factory, data, rows, size):
    kinds = [
        st.sampled_from(["1", "2.5", "-3e4", " 7 "]),
        st.sampled_from(["1", "", "NA", "4.25"]),
        st.sampled_from(["red", "blue", "", "12"]),
        st.sampled_from(["2013-01-01", "2014-12-31", ""]),
    ]
    columns = [data.draw(st.lists(kind, min_size=rows, max_size=rows)) for kind in kinds]
    path = tmp_path_factory.mktemp("blocks") / "table.csv"
    path.write_text("a,b,c,d\n" + "".join(",".join(cells) + "\n" for cells in zip(*columns, strict=True)))
    with pytest.MonkeyPatch.context() as patch:
        said = []
        for rows_of_block in (csv_file.BLOCK_ROWS, size):
            patch.setattr(csv_file, "BLOCK_ROWS", rows_of_block)
            try:
                columns = read(path).columns
                said.append(repr([(c.name, c.kind, c.missing, c.vocabulary, c.values.tolist()) for c in columns]))
            except LabError as error:
                said.append(str(error))
    assert said[0] == said[1]


PLAIN = ["1", "2.5", " 3 ", "1e3", "-.5", "+7"]
ODD = st.sampled_from([*PLAIN, "0x1", "1_0", "", "NA", "nan", "inf", "1e999", "word", '"4"', '"1,5"', "1 2", "\u0661"])


@given(
    rows=st.lists(st.lists(ODD, min_size=2, max_size=2), max_size=6),
    plain=st.integers(0, 12),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    blanks=st.booleans(),
    ragged=st.booleans(),
    size=st.integers(1, 5),
    asked=st.sampled_from([None, None, "comma"]),
)
def test_plain_numbers_are_read_quickly_and_no_differently(
    tmp_path_factory, rows, plain, end, blanks, ragged, size, asked
):
    lines = ["a,b", *(f"{row},{row / 4}" for row in range(plain)), *(",".join(cells) for cells in rows)]
    lines += ["1"] * ragged
    path = tmp_path_factory.mktemp("quick") / "table.csv"
    path.write_bytes((end * (1 + blanks)).join(lines).encode() + end.encode())

    def said():
        try:
            found = read(path, decimal=asked)
        except LabError as error:
            return str(error)
        columns = [(c.name, c.kind, c.missing, c.vocabulary, c.values.tolist()) for c in found.columns]
        return repr((found.rows, found.notes, columns))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK_ROWS", size)
        quickly = said()
        patch.setattr(reading.Reading, "numbers", lambda _: iter(()))
        assert said() == quickly


@pytest.mark.parametrize("cell", ["1_000", "0x10", "1e5_0", "１２", "1 2", "+-3"])
def test_what_only_python_takes_for_a_number_is_a_word(put, cell):
    assert read(put(f"a,b\n{cell},1\nx,2\n")).columns[0].vocabulary == tuple(sorted([cell, "x"]))


# --- what is refused --------------------------------------------------------------------------------------------------

REFUSED = {
    "ragged": ("a,b\n1,2\n3\n", "line 3 has 1 cells, and the header has 2"),
    "too many": ("a,b\n1,2,3\n", "line 2 has 3 cells"),
    "open quote": ('a,b\n1,2\n3,"4\n5,6\n', "line 3: a quote is opened and not closed"),
    "NUL": (b"a,b\n1,2\n\x00,3\n", "line 3, byte 1 is a NUL byte"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "is UTF-16"),
    "UTF-16 without a mark": ("a,b\n1,2\n".encode("utf-16-le"), "line 1, byte 2 is a NUL byte"),
    "a cut character": (b"a,b\n1,caf\xc3", "is not UTF-8 text: line 2, byte 7"),
    "Latin-1": ("a,b\n1,caf\u00e9\n".encode("latin-1"), "is not UTF-8 text: line 2, byte 6 is 0xe9"),
    "header only": ("a,b\n", "a header and no rows"),
    "empty": ("", "is empty"),
    "blank": ("\n\n  \n", "is empty"),
    "nan": ("a,b\n1,2\nnan,3\ninf,4\n1e999,5\n", "column a holds nan in line 3, inf in line 4, 1e999 in line 5"),
    "thousands": ('a,b\n"1,234.5",2\n"2,000.25",3\n', 'column a holds 1,234.5 in line 2'),
    "decimal or thousands": ('a,b\n"1,234",2\n"2,000",3\n', "or a decimal comma?"),
    "thousands with points": ("a;b\n1.234.567;2\n2.000.000;3\n", "column a holds 1.234.567 in line 2"),
    "thousands with spaces": ("a,b\n1 234,2\n2 000.5,3\n", "column a holds 1 234 in line 2"),
    "decimals or thousands": ("a;b\n1.234;2\n2.000;3\n", "decimals, or thousands?"),
    "no header": ("1,2\n3,4\n", "line 1 holds numbers (1, 2): are they names of columns, or is it the first row?"),
    "a row for a header": ("5.1,3.5,setosa\n4.9,3.0,setosa\n", "line 1 holds numbers (5.1, 3.5)"),
    "UTF-32": ("a,b\n1,2\n".encode("utf-32"), "is UTF-32 text"),
    "Excel": (b"PK\x03\x04" + bytes(50), "such as an Excel file"),
    "a mark alone": (b"\xef\xbb\xbf", "is empty"),
    "an open header": ('"a,b\n1,2\n', "line 1: a quote is opened and not closed"),
    "a NUL after old line ends": (b"a,b\r1,2\r3,\0\r", "line 3, byte 3 is a NUL byte"),
    "Latin-1 after mixed line ends": (b"a,b\r\n1,2\r3,4\n5,\xe9\n", "line 4, byte 3 is 0xe9"),
    "two signs": ("a;b;y\n0,5;2.25;3,1\n1,5;3.5;2\n", "column b holds 2.25 in line 2, 3.5 in line 3: a decimal point"),
    "two signs in a column": ("a;b\n0,5;1\n1.5;2\n", "column a holds 1.5 in line 3: a decimal point, and others"),
    "percent": ("a,b\n12%,1\n3.5 %,2\n7,3\n", "column a holds 12% in line 2, 3.5 % in line 3: a number with a sign"),
    "dollars": ("a,b\n$3,1\n$4.50,2\n", "column a holds $3 in line 2, $4.50 in line 3"),
    "a slip among days": (
        "a,b\n" + "2020-01-01,1\n" * 39 + "unknown,2\n",
        "column a holds unknown in line 41: no day, and nearly all others are",
    ),
    "a number among days": ("a,b\n" + "2020-01-01,1\n" * 39 + "26,2\n", "column a holds 26 in line 41: no day"),
    "days in two ways": ("a,b\n2020-01-31,1\n31/01/2020,2\n", "column a holds 31/01/2020 in line 3: a day written"),
    "two delimiters": ("a,b;c,d\n1,2;3,4\n", "commas and semicolons"),
    "a slip": ("a,b\n" + "1,2\n" * 20 + "l,2\n", "column a holds l in line 22"),
    "no day": ("a,b\n2013-02-30,1\n2013-01-01,2\n", "2013-02-30 in line 2, which is no day"),
    "a huge cell": ("a,b\n" + "x" * 200_000 + ",1\n", "a cell has more than 131,072 characters"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_bad_files_are_refused_with_file_and_line(put, name):
    text, says = REFUSED[name]
    path = put(text)
    with pytest.raises(LabError) as error:
        whole(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)
    assert error.value.hint


@pytest.mark.parametrize("name", ["folder", "fifo", "device", "nothing", "NUL"])
def test_what_is_no_file_is_refused_at_once(tmp_path, name):
    os.mkfifo(tmp_path / "fifo")
    path = {"folder": tmp_path, "fifo": tmp_path / "fifo", "device": "/dev/zero", "NUL": tmp_path / "a\0b"}
    started = time.process_time()
    with pytest.raises(LabError):
        read(csv_file.Path(path.get(name, tmp_path / "none.csv")))
    assert time.process_time() - started < 1


def test_a_file_larger_than_the_memory_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.csv"
    path.write_text("a,b\n1,2\n")
    os.truncate(path, 1 << 43)
    with path.open("r+b") as opened:
        opened.write(b"a,b\n" + b"1,2\n" * 20_000)
    started = time.process_time()
    with pytest.raises(LabError, match=r"of memory, and .* are free"):
        read(path)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("a,b\n1,2\n3\n", "line 3 has 1 cells"),
        ('a,b\n1,"2\n3,4\n', "line 2: a cell has more than 131,072 characters: is a quote opened and not closed"),
        ("a,b\n1,2\n\0,3\n", "line 3, byte 1 is a NUL byte"),
        ("a,b\n1,2\n\xff,3\n", "line 3, byte 1 is 0xff"),
        ("a,b;c\n1,2;3\n", "line 1 has commas and semicolons"),
    ],
)
def test_what_is_wrong_at_the_beginning_of_a_long_file_is_told_at_once(tmp_path, start, says):
    path = tmp_path / "long.csv"
    with path.open("wb") as opened:
        opened.write(start.encode("latin-1"))
        opened.write(b"5,6\n" * 500_000)
    os.truncate(path, 1 << 30)
    started = time.process_time()
    with pytest.raises(LabError) as error:
        read(path)
    assert says in str(error.value)
    assert time.process_time() - started < 1


SAMPLE = (
    "day,word,a,b,none,y\n"
    + "".join(f'2020-01-{row:02},w{row % 3},{row / 4},"{row}",,{row % 5}\n' for row in range(1, 25))
).encode()


@given(
    flips=st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), max_size=6),
    cut=st.one_of(st.none(), st.integers(0, len(SAMPLE))),
    inserted=st.one_of(st.just(b""), st.binary(max_size=8)),
    place=st.integers(0, len(SAMPLE)),
    keys=st.fixed_dictionaries(
        {},
        optional={
            "encoding": st.sampled_from(["utf-8", "utf-16", "latin-1", "windows-1252"]),
            "delimiter": st.sampled_from(["comma", "semicolon", "tab", "pipe"]),
            "decimal": st.sampled_from(["point", "comma"]),
            "header": st.booleans(),
            "missing": st.sampled_from(["error", "drop", "mean", "median"]),
            "date": st.just("day"),
            "group": st.just("word"),
        },
    ),
)
def test_a_file_that_is_harmed_anywhere_is_a_table_or_one_line(tmp_path_factory, flips, cut, inserted, place, keys):
    data = bytearray(SAMPLE)
    for where, value in flips:
        data[where] = value
    data[place:place] = inserted
    path = tmp_path_factory.mktemp("harmed") / "mine.csv"
    path.write_bytes(bytes(data[:cut]))
    try:
        found = prepare(own(path, **keys), 0)
    except LabError:
        return
    assert found.rows
    assert found.inputs.shape[1] == len(found.feature_names) == len(set(found.feature_names))


def test_an_identifier_is_no_category(put):
    path = put("name,y\n" + "".join(f"n{row},{row}\n" for row in range(cells.MOST_WORDS + 5)))
    with pytest.raises(LabError, match="more than 10,000 different words"):
        whole(path)


def test_keys_decide_what_has_two_readings(put):
    path = put("a;b\n1.234;2\n2.000;3\n")
    assert read(path, decimal="point").columns[0].values.tolist() == [1.234, 2.0]
    path = put("1,2\n3,4\n")
    named, unnamed = read(path, Form(header=True)), read(path, Form(header=False))
    assert ([c.name for c in named.columns], named.rows) == (["1", "2"], 1)
    assert ([c.name for c in unnamed.columns], unnamed.rows) == (["column-1", "column-2"], 2)
    assert "there is no header: the columns are called column-1 to column-2" in unnamed.notes
    path = put('a,b\n"1,234",2\n"2,000",3\n')
    assert read(path, decimal="comma").columns[0].values.tolist() == [1.234, 2.0]
    path = put("a,b;c,d\n1,2;3,4\n")
    assert [column.name for column in read(path, Form("semicolon")).columns] == ["a,b", "c,d"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1", "windows-1252"])
@pytest.mark.parametrize("mark", [False, True])
def test_a_named_encoding_is_read_and_said(put, encoding, mark):
    python = {"windows-1252": "cp1252"}.get(encoding, encoding)
    text = "caf\u00e9,b\ncr\u00e8me,1\n\u00fc,2\n" if encoding != "windows-1252" else "\u20ac,b\n\u2026,1\n\u00fc,2\n"
    header, first, *_ = text.split("\n")
    mark = mark and encoding == "utf-8"
    sheet = read(put((b"\xef\xbb\xbf" if mark else b"") + text.encode(python)), Form(encoding=encoding))
    assert sheet.columns[0].name == header.partition(",")[0]
    assert first.partition(",")[0] in sheet.columns[0].vocabulary
    assert any(encoding in note for note in sheet.notes) == (encoding != "utf-8")


@pytest.mark.parametrize(("python", "order"), [("utf-16-le", "LE"), ("utf-16-be", "BE")])
def test_utf_16_without_a_mark_is_told_by_its_zeros(put, python, order):
    sheet = read(put("caf\u00e9,b\n1,2\n".encode(python)), Form(encoding="utf-16"))
    assert [column.name for column in sheet.columns] == ["caf\u00e9", "b"]
    assert any(f"without a mark: {order} by its zeros" in note for note in sheet.notes)


@pytest.mark.parametrize(
    ("text", "encoding", "says"),
    [
        (b"a,b\n1,2\n", "utf-16", "is no UTF-16 text"),
        ("a,b\n1,2\n".encode("utf-16")[:-1], "utf-16", "is no utf-16 text"),
        ("a,b\n1,2\0\n".encode("utf-16"), "utf-16", "holds a NUL character"),
        (b"\xef\xbb\xbfa,b\n1,2\n", "latin-1", "begins with the byte-order mark of UTF-8"),
    ],
)
def test_an_encoding_that_a_file_has_not_is_said(put, text, encoding, says):
    with pytest.raises(LabError, match=says):
        read(put(text), Form(encoding=encoding))


def test_a_header_may_hold_a_line_break_and_blank_lines_stand_before_it(put):
    sheet = read(put("\n" * 70_000 + '"a\nz",b\n1,2\n'))
    assert [column.name for column in sheet.columns] == ["a\nz", "b"]
    assert sheet.rows == 1


def test_a_byte_order_mark_is_said(put):
    assert read(put(b"\xef\xbb\xbfa,b\n1,2\n")).notes == ("it begins with a byte-order mark, which is left out",)


@given(place=st.integers(0, 400_000), before=st.sampled_from(["x", "\u00e9", "\u4e16", "\U0001f600"]))
def test_the_byte_that_is_no_text_is_named_wherever_it_stands(tmp_path_factory, place, before):
    # Pieces of 64 kB: a character may begin in one and end in the next, and the byte come right after.
    lines = f"a,{before * 10}\n".encode() * 12_000
    place = min(place, len(lines))
    while place < len(lines) and lines[place] & 0xC0 == 0x80:
        place += 1
    path = tmp_path_factory.mktemp("bytes") / "table.csv"
    path.write_bytes(lines[:place] + b"\xff" + lines[place:])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain_text, "CHUNK_BYTES", 1 << 16)
        with pytest.raises(LabError) as error:
            read(path)
    line, column = lines[:place].count(b"\n") + 1, place - lines[:place].rfind(b"\n")
    assert f"line {line}, byte {column} is 0xff" in str(error.value)


# --- as a data set ----------------------------------------------------------------------------------------------------


def test_words_become_features_and_the_rare_ones_share_one(put):
    rows = ["a"] * 5 + ["b"] * 4 + ["c"] * 2 + ["d", "e"]
    path = put("word,x,y\n" + "".join(f"{word},{place},{place}\n" for place, word in enumerate(rows)))
    table = table_of(path, most_words=3)
    assert table.feature_names == ("word=a", "word=b", "word=c", f"word={RARE}", "x")
    assert table.features[:, :4].sum(axis=0).tolist() == [5, 4, 2, 2]
    assert (table.features[:, :4].sum(axis=1) == 1).all()
    assert table.indicators == (0, 1, 2, 3)
    # A bucket of one would only be a longer name for it.
    assert table_of(path, most_words=4).feature_names == (*(f"word={word}" for word in "abcde"), "x")


def test_a_text_that_is_hardly_a_category_is_said(put):
    path = put("name,x,y\n" + "".join(f"n{row // 2 if row < 4 else row},{row},{row}\n" for row in range(40)))
    (note,) = [note for note in table_of(path).notes if "different words" in note]
    assert note.startswith("column name has 38 different words, of which 20 have a feature of their own")
    assert not any("different words" in note for note in table_of(path, most_words=40).notes)


def test_a_column_that_nobody_uses_may_be_what_it_likes(put):
    rows = "".join(f"n{row},{row % 7},nan,{row % 3},{row}\n" for row in range(cells.MOST_WORDS + 5))
    path = put("id,x,bad,who,y\n" + rows)
    with pytest.raises(LabError, match="column id has more than 10,000 different words"):
        table_of(path)
    with pytest.raises(LabError, match="column bad holds nan in line 2"):
        table_of(path, features=("x", "bad"))
    assert table_of(path, features=("x",)).feature_names == ("x",)
    grouped = load(own(path, features=("x",), group="id"), 0)
    assert len(np.unique(grouped.groups)) == grouped.rows


def test_a_pattern_leaves_out_what_is_no_feature(put):
    path = put("day,none,who,x1,x2,y\n" + "".join(f"2020-01-0{n},,a{n},{n},{n * n},{n * 3 % 7}\n" for n in range(1, 9)))
    table = table_of(path, features=("*",), date="day", group="who")
    assert table.feature_names == ("x1", "x2")
    assert table_of(path, features=("x*", "day"), date="day").feature_names == ("x1", "x2", "day")


def test_blank_lines_are_the_empty_cells_of_a_single_column(put):
    for text, rows, missing in [("y\n1\n\n3\n\n\n", 3, 1), ("y\n\n\n1\n2\n", 4, 2), ("y\r\n1\r\n\r\nw\r\n", 3, 1)]:
        sheet = read(put(text))
        assert (sheet.rows, sheet.columns[0].missing) == (rows, missing)
    gap = put("y\n" + "\n".join(str(n) if n != 7 else "" for n in range(20)) + "\n")
    series = table_of(gap, lags=2, missing="drop")
    assert series.rows == 19
    assert any("the series closes up over them, and a lag counts rows" in note for note in series.notes)


def test_times_may_have_zones_and_fractions(put):
    text = "at,y\n2020-01-01T12:00:00+02:00,1\n2020-01-01 10:00:00.25Z,2\n1500-03-01T00:00,3\n9999-12-31T23:59,4\n"
    (column, _) = whole(put(text)).columns
    assert column.kind == "day"
    assert [str(value) for value in column.values] == [
        "2020-01-01T10:00:00",
        "2020-01-01T10:00:00",
        "1500-03-01T00:00:00",
        "9999-12-31T23:59:00",
    ]


def test_numbers_among_words_are_said(put):
    sheet = whole(put("grade,y\n1,1\n2,2\nA,3\nB,4\n"))
    assert "column grade mixes numbers and words, and is read as words" in sheet.notes


def test_a_task_that_is_set_is_not_asked_about(put):
    path = put("x,y\n1,0\n2,1\n3,0\n4,1\n")
    assert any("data.task" in note for note in table_of(path).notes)
    assert not any("data.task" in note for note in table_of(path, task="classification").notes)


def test_target_and_features_are_chosen_by_name(put):
    path = put("a,b,c,d\n1,2,x,4\n5,6,y,8\n")
    assert table_of(path).target_names == ("d",)
    chosen = table_of(path, target="c", features=("b", "a"))
    assert (chosen.feature_names, chosen.classes) == (("b", "a"), ("x", "y"))
    assert chosen.features.tolist() == [[2, 1], [6, 5]]
    for keys, says in [
        ({"target": "e"}, "no such column"),
        ({"features": ("a", "bb")}, "did you mean b"),
        ({"features": ("d",)}, "is the target"),
        ({"features": ("a", "c"), "target": ("a", "b")}, "is the target"),
    ]:
        with pytest.raises(KeyProblem, match=says):
            table_of(path, **keys)


def test_days_are_numbers_and_empty_columns_no_features_and_that_is_said(put):
    table = table_of(put("day,none,x,y\n2013-01-01,,1,2\n2013-01-02,,3,4\n"))
    assert table.feature_names == ("day", "x")
    assert table.features[:, 0].tolist() == [15706, 15707]
    assert any("column day is read as a number of days" in note for note in table.notes)
    assert any("none is empty and no feature" in note for note in table.notes)


def test_rows_with_empty_cells_are_refused_or_left_out(put):
    path = put("a,b,y\n1,x,3\n,x,4\n2,,5\n7,z,8\n")
    with pytest.raises(KeyProblem, match="column a has 1 empty cells, the first in row 2; 1 more columns have some"):
        table_of(path)
    table = table_of(path, missing="drop")
    assert table.targets[:, 0].tolist() == [3, 8]
    assert any(note.startswith("2 of 4 rows have an empty cell") for note in table.notes)
    with pytest.raises(KeyProblem, match="leaves no row"):
        table_of(put("a,b,y\n1,,3\n,2,4\n"), missing="drop")


def test_one_class_is_none(put):
    with pytest.raises(KeyProblem, match="has one class, yes"):
        table_of(put("a,y\n1,yes\n2,yes\n"))


@pytest.mark.parametrize("standardize", [True, False])
def test_a_word_that_no_training_row_has_says_nothing(put, standardize):
    words = ["a", "b"] * 20 + ["c"] * 10
    path = put("word,x,y\n" + "".join(f"{word},{place % 7},{place}\n" for place, word in enumerate(words)))
    experiment = tables.from_tables(
        {
            "data": {"file": str(path), "split": "time", "test": 0, "standardize": standardize},
            "validation": {"method": "holdout", "share": 0.2},
        }
    )
    feed, (job,) = jobs_of(experiment, plan(experiment))
    from engine.batches import Scales  # noqa: PLC0415 - a test of what it hands on

    scales = Scales.of(feed, job.train, standardize=standardize)
    scaled = (feed.rows[job.validation] - scales.mean) * scales.scale
    place = feed.dataset.feature_names.index("word=c")
    assert (scaled[:, place] == 0).all()
    assert np.isfinite(scaled).all()
    assert scales.scale[feed.dataset.feature_names.index("word=a")] > 0


def test_a_table_without_a_name_is_ones_own_and_stays_it(put):
    path = put("a,y\n1,2\n3,4\n")
    experiment = tables.from_tables({"data": {"file": str(path), "missing": "drop", "test": 0}})
    assert experiment.data.source == OwnFile(str(path), missing="drop")
    assert tables.from_tables(tables.to_tables(experiment)) == experiment
    assert experiment.data.label == "mine"
    assert prepare(experiment.data, 0).name == "mine"
    with pytest.raises(KeyProblem, match=r"data\.file is missing"):
        prepare(Data(OwnFile()), 0)
