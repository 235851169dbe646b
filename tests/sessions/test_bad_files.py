"""Every bad file is one LabError that names it, and the line where there is one, within a second."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.sources import Xor
from engine.errors import LabError
from engine.experiment import Data, Experiment
from sessions import codec
from sessions.curve import Curve
from sessions.page import Page
from sessions.record import Record, RunRecord

GOOD = 'title = "a page"\n[data]\nname = "xor"\n'


def problem_of(path):
    """Return the problem that reading a file tells; anything but a LabError is a failure."""
    started = time.perf_counter()
    with pytest.raises(LabError) as caught:
        codec.read_page(path)
    assert time.perf_counter() - started <= 1
    error = caught.value
    assert str(path) in error.where
    text = str(error)
    assert text.count(str(path)) == 1
    assert "\n" not in text
    assert len(text) < 2_000
    assert "Traceback" not in text
    return error


def put(tmp_path, content):
    path = tmp_path / "page.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


CONTENTS = {
    "empty": ("", "data.name is missing"),
    "blank": ("\n  \n# only a comment\n", "data.name is missing"),
    "Latin-1": ('title = "Bücher"\n'.encode("latin-1"), "UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), "UTF-8"),
    "UTF-16 without BOM": (GOOD.encode("utf-16-le"), "not valid TOML"),
    "zeros": (b"\0" * 1_000, "not valid TOML"),
    "binary": (bytes(range(256)) * 10, ""),
    "a syntax error": (GOOD + "epochs == 5", "line 4"),
    "an unclosed text": ('title = "a', "not valid TOML"),
    "an unclosed array": ("[data]\nname = [", "not valid TOML"),
    "a key twice": (GOOD + 'name = "line"\n', "line 4"),
    "a table twice": (GOOD + "[data]\n", "not valid TOML"),
    "500 levels of arrays": ("x = " + "[" * 500 + "]" * 500, "nested"),
    "500 levels of tables": ("x = " + "{a=" * 500 + "1" + "}" * 500, "nested"),
    "100,000 brackets": ("x = " + "[" * 100_000, "nested"),
    "500 levels of a dotted key": (".".join("a" * 500) + " = 1", "nested"),
    "a dotted key of 40 kB": (".".join("a" * 20_000) + " = 1", "nested"),
    "a dotted key of two letters": (".".join(["ab"] * 13_000) + " = 1", ""),
    "a dotted key of long parts": (".".join(["a-part"] * 6_000) + " = 1", ""),
    "a dotted key of quoted parts": (".".join(['"ab"'] * 8_000) + " = 1", ""),
    "a dotted key with spaces": (" . ".join(["ab"] * 8_000) + " = 1", ""),
    "a dotted table of 40 kB": ("[" + ".".join(["ab"] * 13_000) + "]", ""),
    "many dotted keys": ("\n".join(f"a{i}.b.c = 1" for i in range(5_000)), "is not a key"),
    "a whole number of 5,000 digits": ("seed = " + "9" * 5_000, ""),
    "a hexadecimal number of 5,000 digits": (GOOD.replace("title", "seed = 0x" + "f" * 5_000 + "\ntitle"), ""),
    "a whole number of 400 digits": ("seed = " + "9" * 400 + "\n" + GOOD, "line 1"),
    "a whole number of 5,001 digits that is one and zeros": ("seed = 1" + "0" * 5_000 + "\n" + GOOD, "not valid TOML"),
    "epochs of 4,001 digits": (GOOD + "[training]\nepochs = 1" + "0" * 4_000 + "\n", "line 5"),
    "a date that is none": ("created = 2020-13-45", "not valid TOML"),
    "a day that is none": ("created = 2023-02-29\n" + GOOD, "not valid TOML"),
    "an hour that is none": ("created = 2020-01-01T25:00:00\n" + GOOD, "not valid TOML"),
    "an offset that is none": ("created = 2020-01-01T00:00:00+99:99\n" + GOOD, "not valid TOML"),
    "the year 0": ("created = 0000-01-01T00:00:00\n" + GOOD, "not valid TOML"),
    "a time for a date": ("created = 12:00:00\n" + GOOD, "line 1"),
    "a surrogate": (b'title = "\xed\xa0\x80"\n' + GOOD.encode(), "UTF-8"),
    "an escaped surrogate": ('notes = "\\ud800"\n' + GOOD, "not valid TOML"),
    "an escape beyond Unicode": ('notes = "\\U00110000"\n' + GOOD, "not valid TOML"),
    "NUL in a text": ('notes = "a\0b"\n' + GOOD, "not valid TOML"),
    "NUL at the end": (GOOD + "\0", "not valid TOML"),
    "UTF-32": (GOOD.encode("utf-32"), "UTF-8"),
    "UTF-16 of the other order": (GOOD.encode("utf-16-be"), "not valid TOML"),
    "two byte-order marks": (b"\xef\xbb\xbf\xef\xbb\xbf" + GOOD.encode(), "not valid TOML"),
    "ends of lines of a very old system": (GOOD.replace("\n", "\r"), "not valid TOML"),
    "a key of 40 kB": ("a" * 40_000 + " = 1\n" + GOOD, "is not a key"),
    "a key of lines": ('"a\\nb" = 1\n' + GOOD, "is not a key"),
    "a data set's name of 40 kB": ("[data]\nname = '" + "x" * 40_000 + "'\n", "line 2"),
    "a wrong type": (GOOD + "[training]\nepochs = true\n", "line 5"),
    "a table for a number": (GOOD + "[training.epochs]\nx = 1\n", "line 4"),
    "a list of tables": ("[[data]]\nname = 'xor'\n", "line 1"),
    "the schema 0": ("schema = 0\n" + GOOD, "line 1"),
    "a schema that is no number": ("schema = '1'\n" + GOOD, "line 1"),
    "a newer schema of which nothing is understood": ("schema = 2\n[what]\nx = 1\n", "schema 2, this lossbook knows 1"),
    "another format": ('format = "jupyter"\n' + GOOD, "line 1"),
    "an unknown key": (GOOD + "nam = 1\n", "line 4"),
    "an unknown table": (GOOD + "[modle]\n", "line 4"),
    "nan": (GOOD + "[training]\nlearning_rate = nan\n", "line 5"),
    "infinity": (GOOD + "[training]\nlearning_rate = inf\n", "line 5"),
    "JSON": ('{"data": {"name": "xor"}}', "not valid TOML"),
    "an unknown data set": ("[data]\nname = 'xo'\n", "did you mean xor?"),
    "a name with escapes": ("[data]\nname = '\x1b]52;c;aGk=\x07'\n", ""),
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_bad_file_is_one_problem(name, tmp_path):
    content, says = CONTENTS[name]
    error = problem_of(put(tmp_path, content))
    assert says in str(error)


def test_a_byte_order_mark_is_welcome(tmp_path):
    page = codec.read_page(put(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()))
    assert page.title == "a page"


def test_the_ends_of_lines_of_another_system_are_welcome(tmp_path):
    assert codec.read_page(put(tmp_path, GOOD.replace("\n", "\r\n"))).title == "a page"


def test_a_missing_file_and_a_folder(tmp_path):
    assert "No such file" in str(problem_of(tmp_path / "none.toml"))
    with pytest.raises(LabError, match="is not a file; write an experiment file"):
        codec.read_page(tmp_path)
    assert problem_of(tmp_path / "page.toml" / "x").problem
    assert problem_of(tmp_path / ("n" * 300)).problem


def test_a_link_that_leads_nowhere_or_in_a_circle(tmp_path):
    path = tmp_path / "page.toml"
    path.symlink_to(tmp_path / "none")
    problem_of(path)
    path.unlink()
    path.symlink_to(path)
    problem_of(path)


def test_a_pipe_is_not_waited_for(tmp_path):
    path = tmp_path / "page.toml"
    os.mkfifo(path)
    assert "is not a file" in str(problem_of(path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path):
    path = put(tmp_path, GOOD)
    path.chmod(0)
    assert "Permission" in str(problem_of(path))


@pytest.mark.parametrize("size", [65 << 20, 10 << 30])
def test_a_huge_file_is_not_read(tmp_path, size):
    path = put(tmp_path, GOOD)
    os.truncate(path, size)
    assert f"{size >> 20} MB" in str(problem_of(path))


@pytest.mark.slow
@pytest.mark.parametrize("filling", [b"", b"[", b"a.", b"x = 1\n", b'"', b"#"], ids=repr)
def test_the_largest_file_that_is_read_is_refused_within_a_second_too(tmp_path, filling):
    size = 60 << 20
    path = put(tmp_path, filling * (size // len(filling)) if filling else b"")
    os.truncate(path, size)
    problem_of(path)


RECORD = Record("finished", (RunRecord("run", train={"loss": 0.5}, train_curves={"loss": Curve([1, 2], [1.0, 0.5])}),))
PAGE_TEXT = codec.write_page(Page(Experiment(Data(Xor())), "t", record=RECORD))
RECORDS = [
    "runs = 5",
    "runs = [5]",
    "runs = [[]]",
    "runs = [{}]",
    'runs = [{label = "x", train = 5}]',
    'runs = [{label = "x", train = {loss = "y"}}]',
    'runs = [{label = "x", train_curves = 5}]',
    'runs = [{label = "x", train_curves = {loss = 5}}]',
    'runs = [{label = "x", train_curves = {loss = {}}}]',
    'runs = [{label = "x", train_curves = {loss = {values = ["a"]}}}]',
    'runs = [{label = "x", train_curves = {loss = {values = 5}}}]',
    'runs = [{label = "x", train_curves = {loss = {values = [1.0], epochs = [1, 2]}}}]',
    'runs = [{label = "x", train_curves = {loss = {values = [1.0], epochs = [inf]}}}]',
    'runs = [{label = "x", train_curves = {loss = {values = [1.0], epochs = [nan]}}}]',
    'runs = [{label = "x", train_curves = {loss = {values = [1.0], epochs = [99999999999999999999]}}}]',
    'runs = [{label = "x", train = {loss = 1' + "0" * 400 + "}}]",
    "data = 5",
    "data = []",
    "environment = 'x'",
    "interventions = 5",
    "interventions = [5]",
    "interventions = [{}]",
    "interventions = [{runs = [inf], update = 1, key = 'x', value = 1}]",
    "interventions = [{runs = [0], update = inf, key = 'x', value = 1}]",
    "interventions = [{runs = 5, update = 1, key = 'x', value = 1}]",
    "runs = [{label = 5}]",
    'runs = [{label = "x", epoch = "y"}]',
    'runs = [{label = "x", status = 5}]',
    'runs = [{label = "x", best_epoch = "y"}]',
    'runs = [{label = "x", seconds = "y"}]',
    "data = {}",
    "chosen = 1",
    "chosen = -1",
    "looks_before = 0x" + "f" * 5_000,
    'runs = [{label = "x", setting = 1}]',
    'runs = [{label = "x", epochs = 0x' + "f" * 5_000 + "}]",
    'runs = [{label = "x", epoch = -1}]',
    'runs = [{label = "x", train_curves = {loss = {values = [1' + "0" * 4_000 + "]}}}]",
    "experiment = 5",
    "history = 5",
]


@pytest.mark.parametrize("line", RECORDS, ids=lambda line: line[:80])
def test_a_damaged_record_is_one_problem(line, tmp_path):
    path = put(tmp_path, f'{GOOD}\n[record]\nstatus = "finished"\n{line}\n')
    assert "record" in str(problem_of(path))


RECORDED = GOOD + '[record]\nstatus = "finished"\n'
MB = 1_000_000
LARGE = {
    "one line": "#" + "x" * (10 * MB) + "\n" + GOOD,
    "one text": 'notes = "' + "x" * (10 * MB) + '"\n' + GOOD,
    "one text of lines": 'notes = """' + "x\n" * (5 * MB) + '"""\n' + GOOD,
    "a text as long as may be": 'notes = "' + "x" * (4 * MB) + '"\n' + GOOD,
    "backslashes": 'notes = "' + "\\" * (10 * MB),
    "quotes": '"' * (10 * MB),
    "spaces": " " * (10 * MB) + GOOD,
    "empty lines": "\n" * (10 * MB) + GOOD,
    "dots": "." * (10 * MB),
    "digits": "seed = " + "1" * (10 * MB),
    "a key": "a" * (10 * MB) + " = 1",
    "a key of 2 MB": "a" * (2 * MB) + " = 1\n" + GOOD,
    "a list": "x = [" + "1.5," * (2 * MB) + "]\n" + GOOD,
    "a list of lists": "x = [" + "[1]," * MB + "]\n" + GOOD,
    "a list of lists in a record": RECORDED + "x = [" + "[]," * MB + "]\n",
    "tables": "".join(f"[a{number}]\n" for number in range(100_000)),
    "tables of one name": "[[a]]\n" * 100_000,
    "tables in a line": "x = [" + "{a=1}," * 100_000 + "]\n",
    "records": "\n[record]\n" * MB,
    "runs without a label": RECORDED + "[[record.runs]]\n" * MB,
    "comments among runs": RECORDED + "[[record.runs]]\n" + "# x\n" * MB,
    "lines among runs that are none": RECORDED + "[[record.runs]]\n" + "x\n" * (3 * MB),
    "tables of many names": "".join(f"[a{number}]\n" for number in range(200_000)),
    "tables of long names": "".join(f"[a{number}.b.c.d.e.f]\n" for number in range(100_000)),
    "keys of long names": "".join(f"a.b.c.d{number} = 1\n" for number in range(200_000)),
    "a table in a line": "x = {" + ",".join(f"a{number}=1" for number in range(200_000)) + "}\n",
    "tags": "tags = [" + '"a",' * (2 * MB) + "]\n" + GOOD,
    "times": "x = [" + "2026-11-25T10:15:00Z," * 300_000 + "]\n" + GOOD,
    "long lines among runs": RECORDED + ("[[record.runs]]\n" + "x = [" + "1," * 2_000 + "]\n") * 5_000,
    "runs": RECORDED + '[[record.runs]]\nlabel = "a"\n' * MB,
    "curves": RECORDED + "[[record.runs]]\n" + f"train_curves.a.values = [{'0.5, ' * 1_000}1]\n" * 5_000,
    "a record of many tables": RECORDED + "".join(f"[record.a{number}]\n" for number in range(50_000)),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_is_opened_or_one_problem_within_a_second(name, tmp_path):
    path = put(tmp_path, LARGE[name])
    said = ""
    # Of the processor: the clock's second would be the machine's, and others may be busy on it.
    started = time.process_time()
    try:
        codec.read_page(path)
    except LabError as error:
        said = str(error)
    assert time.process_time() - started <= 1
    assert "\n" not in said
    assert len(said) < 2_000


@pytest.mark.skipif(not Path("/dev/zero").is_char_device(), reason="no such device here")
def test_a_device_is_not_read(tmp_path):
    path = tmp_path / "page.toml"
    path.symlink_to("/dev/zero")
    assert "is not a file" in str(problem_of(path))


@given(data=st.data())
def test_a_page_with_any_byte_changed_is_read_or_one_problem(data):
    content = bytearray(PAGE_TEXT.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    try:
        page = codec.parse(content.decode(), "f")
    except (UnicodeDecodeError, LabError):
        return
    assert page.warning or page.record == RECORD or page.record is None


@given(st.text(max_size=60))
def test_any_text_is_a_page_or_one_problem(text):
    with pytest.raises(LabError):
        codec.parse(text, "f")
