"""Pages and TOML: what is written is read again, and the line of what is wrong."""

from __future__ import annotations

import math
import re
import time
import typing
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from making import events_of, experiments

from engine.data.sources import Line, Xor
from engine.errors import LabError
from engine.events import Branched, DataRead, EnvironmentSeen
from engine.experiment import Data, Experiment, Model, Training
from engine.optimizers import Sgd
from sessions import codec, guarded, record_reader, record_writer
from sessions.curve import Curve
from sessions.locate import line_of
from sessions.page import Page, default_title
from sessions.record import Intervention, Record, RunRecord

PLAIN = Experiment(Data(Xor()))
# One NaN: its sign and payload are lost on the way from a worker already.
NUMBERS = st.floats(allow_nan=True, allow_infinity=True).map(lambda value: math.nan if math.isnan(value) else value)
# TOML normalizes the end of a line; what else a text holds comes back. Lone surrogates have their own test.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(lambda text: text.replace("\r\n", "\n"))
NOTES = TEXTS | st.lists(
    st.sampled_from(
        [
            '"""',
            "'''",
            '"',
            "'",
            "\\",
            "\n",
            "\t",
            "\x1b[31m",
            "\x00",
            "\x7f",
            "\x9b",
            "# ",
            "[record]",
            "中文",
            "\u2028",
            "a = 1",
            "]",
            "[",
            "{",
            "}",
            "\\u0041",
            " ",
            "\r",
            "x.",
            "é",
            "🙂",
            "=",
        ]
    ),
    max_size=30,
).map(lambda parts: "".join(parts).replace("\r\n", "\n"))
NAMES = st.sampled_from(
    ["loss", "mae", "births-1", "", "a b", 'a"b', "a.b", "é", "\x1b[", "x\ny", "a = b", "中文", "#", "[x]"]
)
# A column may be called anything, a metric not.
METRICS = st.sampled_from(["loss", "mae", "r2", "f1", "accuracy"])


@st.composite
def curves(draw):
    """Return a curve at every epoch, or one that was thinned."""
    epochs = draw(
        st.integers(0, 6).map(lambda last: list(range(1, last + 1))) | st.lists(st.integers(1, 99), unique=True)
    )
    return Curve(sorted(epochs), [draw(NUMBERS) for _ in epochs])


CURVES = st.dictionaries(METRICS, curves(), max_size=3)
# A run without any figures has none, not an empty table.
FIGURES = st.none() | st.dictionaries(NAMES, NUMBERS, min_size=1, max_size=3)
COUNTS = st.integers(0, 10**12)
BY_TYPE = {
    str: TEXTS,
    int: COUNTS,
    float: st.floats(0, 1e9),
    bool: st.booleans(),
    int | None: st.none() | COUNTS,
    dict[str, float] | None: FIGURES,
    dict[str, Curve]: CURVES,
}
RUNS = st.builds(
    RunRecord,
    # The records below have one setting.
    **({name: BY_TYPE[hint] for name, hint in typing.get_type_hints(RunRecord).items()} | {"setting": st.just(0)}),
)
CHANGES = st.builds(Intervention, st.lists(COUNTS, min_size=1, max_size=3).map(tuple), COUNTS, TEXTS, NUMBERS)

TURNS = st.dictionaries(NAMES, TEXTS | COUNTS | NUMBERS | st.lists(TEXTS), max_size=3)


@st.composite
def branches(draw):
    epochs = draw(st.lists(COUNTS, min_size=1, max_size=3))
    return Branched(draw(TEXTS), tuple(epochs), tuple(draw(TURNS) for _ in epochs), draw(TEXTS))


def clean(event):
    """The same without what UTF-8 cannot hold."""
    fields = {name: getattr(event, name) for name in event.__slots__}
    return replace(event, **{name: _clean(value) for name, value in fields.items()})


def _clean(value):
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return tuple(map(_clean, value)) if isinstance(value, tuple) else value


def of_first_setting(baseline):
    return replace(baseline, setting=0, test=baseline.test or None)


def with_looks_at_rows_only(record):
    """Looks of other pages are at the same test rows: without any there are none."""
    return record if record.data is not None and record.data.test_sha256 else replace(record, looks_before=0)


RECORDS = st.builds(
    Record,
    st.sampled_from(["finished", "training", "interrupted"]),
    st.lists(RUNS, max_size=3).map(tuple),
    st.none() | events_of("DataRead").map(clean),
    st.none() | events_of("EnvironmentSeen").map(clean),
    st.lists(CHANGES, max_size=2).map(tuple),
    branch=st.none() | branches(),
    refit_reason=TEXTS,
    looks_before=COUNTS,
    other_data=st.lists(events_of("DataRead").map(clean), max_size=2).map(tuple),
    baselines=st.lists(events_of("BaselineMeasured").map(clean).map(of_first_setting), max_size=2).map(tuple),
).map(with_looks_at_rows_only)
DATES = st.datetimes(datetime(1900, 1, 1), datetime(2999, 1, 1))


@given(
    experiment=experiments(),
    title=TEXTS.filter(bool),
    created=st.none() | DATES,
    tags=st.lists(TEXTS, max_size=3).map(tuple),
    notes=NOTES,
)
def test_a_page_comes_back_from_its_text(experiment, title, created, tags, notes):
    page = Page(experiment, title, created, tags, notes)
    text = codec.write_page(page)
    text.encode()
    assert codec.parse(text, "f") == page
    assert codec.write_page(codec.parse(text, "f")) == text


@given(record=RECORDS, notes=NOTES)
@example(
    record=Record(
        "finished", (RunRecord("run", train={"loss": math.nan, "mae": -math.inf}, coefficients={"x": -0.0}),)
    ),
    notes="",
)
def test_a_record_comes_back_from_its_text(record, notes):
    page = Page(PLAIN, "title", notes=notes, record=record)
    text = codec.write_page(page)
    again = codec.parse(text, "f")
    assert codec.write_page(again) == text
    # repr shows the bits of every figure; curves compare by theirs.
    assert repr(again.record) == repr(record)
    assert [(run.train_curves, run.validation_curves) for run in again.record.runs] == [
        (run.train_curves, run.validation_curves) for run in record.runs
    ]
    assert again.warning == ""
    assert again == page or "nan" in repr(record)


@pytest.mark.parametrize(
    "notes",
    [
        "a half-open interval [0, 1) is what a colour escape \x1b[31m opens " * 50,
        "[" * 600,
        "{[" * 300,
        "I. " * 100,
        "1.\n" * 100,
        "a.b." * 100,
        "\"'." * 60,
    ],
    ids=lambda notes: repr(notes[:12]),
)
def test_notes_may_hold_what_would_be_deep_nesting_outside_a_text(notes):
    page = Page(PLAIN, "title", notes=notes)
    assert codec.parse(codec.write_page(page), "f").notes == notes


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize(
    "notes",
    [
        '[record]\nchecksum = "00"\nstatus = "finished"\n',
        'x\n[record]\nchecksum = "0123456789abcdef"\n',
        "\n[record]\n",
    ],
    ids=repr,
)
def test_notes_about_a_record_raise_no_suspicion(notes, recorded):
    page = Page(PLAIN, "title", notes=notes, record=Record("finished", (RunRecord("run"),)) if recorded else None)
    again = codec.parse(codec.write_page(page), "f")
    assert again.notes == notes
    assert again.warning == ""


def test_the_ends_of_lines_in_notes_become_plain():
    page = Page(PLAIN, "title", notes="one\r\ntwo\r\n")
    assert codec.parse(codec.write_page(page), "f").notes == "one\ntwo\n"


@given(st.text(st.characters(), max_size=10), st.sampled_from(["\ud800", "\udfff", "a\udc80b", "\ud83d \ude00"]))
def test_lone_surrogates_become_visible(text, lone):
    visible = (text + lone).encode("utf-8", "backslashreplace").decode().replace("\r\n", "\n")
    page = Page(PLAIN, title="t" + lone + text, tags=(lone + text,), notes=text + lone)
    again = codec.parse(codec.write_page(page).encode().decode(), "f")
    assert again.notes == visible


def test_lone_surrogates_in_a_record_become_visible():
    record = Record(
        "finished",
        (RunRecord("\ud800", problem="\udfff", coefficients={"x\udc80": 1.0}),),
        interventions=(),
        refit_reason="\ud800",
    )
    text = codec.write_page(Page(PLAIN, record=record))
    again = codec.parse(text.encode().decode(), "f")
    assert again.record.runs[0].label == "\\ud800"
    assert again.record.runs[0].coefficients == {"x\\udc80": 1.0}


def test_a_page_without_a_title_gets_one_that_says_data_and_model():
    experiment = Experiment(Data(Xor()), Model((8, 4)))
    assert default_title(experiment) == "xor 8-4 relu"
    assert codec.parse(codec.write_page(Page(experiment)), "f").title == "xor 8-4 relu"
    assert default_title(PLAIN) == "xor linear"


def test_the_text_is_in_a_stable_order_and_plain_to_read():
    experiment = Experiment(Data(Line(rows=9)), Model((3,)), Training(optimizer=Sgd(0.5)))
    lines = codec.write_page(Page(experiment, "T", datetime(2026, 11, 22, 10, 15), ("a",), "one\ntwo")).splitlines()
    assert lines[:4] == ['format = "lossbook"', "schema = 1", 'title = "T"', "created = 2026-11-22 10:15:00"]
    heads = [line for line in lines if line.startswith("[") and line.endswith("]")]
    assert heads == ["[data]", "[model]", "[training]", "[validation]"]
    assert 'two"""' in lines
    assert "learning_rate = 0.5" in lines


# --- long curves ------------------------------------------------------------------------------------------------------


def long_record(curves, points):
    values = [math.sin(number) for number in range(points)]
    runs = tuple(
        RunRecord(
            f"r{number}", best_epoch=points // 2 + number, train_curves={"loss": Curve(range(1, points + 1), values)}
        )
        for number in range(curves)
    )
    return Record("finished", runs)


def test_a_hundred_thousand_values_are_kept_in_full():
    record = long_record(10, 10_000)
    assert record_reader.read(_tables(record)).runs == record.runs


def test_more_are_thinned_to_true_values_at_true_epochs():
    record = long_record(10, 10_001)
    read = record_reader.read(_tables(record))
    for before, after in zip(record.runs, read.runs, strict=True):
        curve = after.train_curves["loss"]
        assert len(curve) <= 1_000
        assert len(curve) > 900
        assert set(curve) <= set(before.train_curves["loss"])
        assert curve.epochs[0] == 1
        assert curve.epochs[-1] == 10_001
        assert before.best_epoch in curve.epochs
    # What is thinned once stays as it is.
    assert record_reader.read(_tables(read)) == read


def test_a_page_that_is_saved_again_and_again_loses_no_more_points():
    record = record_reader.read(_tables(long_record(120, 1_100)))
    assert {len(run.train_curves["loss"]) for run in record.runs} <= {999, 1_000}
    assert record_reader.read(_tables(record)) == record


def _tables(record):
    return guarded.loads(f"[record]\n{record_writer.write(record)}", "f")["record"]


def test_a_page_of_many_values_is_read_and_written_quickly():
    page = Page(PLAIN, "t", record=long_record(20, 5_000))
    started = time.process_time()
    codec.parse(codec.write_page(page), "f")
    assert time.process_time() - started < 3


# --- the checksum -----------------------------------------------------------------------------------------------------


def recorded_text():
    run = RunRecord("run", status="finished", train={"loss": 0.25}, train_curves={"loss": Curve([1, 2], [0.5, 0.25])})
    data = DataRead("xor", 4, 2, 2, "classification", "", "ab", ())
    seen = EnvironmentSeen("3.11", "2.4", "openblas", 1, ("AVX2",))
    return codec.write_page(Page(PLAIN, "t", notes="n", record=Record("finished", (run,), data, seen)))


def test_a_record_that_was_edited_is_told():
    text = recorded_text()
    assert codec.parse(text, "f").warning == ""
    below = text.index("checksum")
    for old, new in (("0.25", "0.24"), ('status = "finished"', 'status = "diverged"'), ("rows = 4", "rows = 5")):
        place = text.index(old, below)
        page = codec.parse(text[:place] + new + text[place + len(old) :], "f")
        assert "[record]" in page.warning
        assert page.record is not None
    for more in ("\n", "# a comment\n"):
        assert codec.parse(text + more, "f").warning


def test_a_record_whose_checksum_was_edited_is_told():
    text = recorded_text()
    found = codec.RECORDED.search(text)["sum"]
    assert codec.parse(text.replace(found, "0" * 16), "f").warning
    assert codec.parse(text.replace(f'checksum = "{found}"\n', ""), "f").warning


def test_an_edit_of_the_rest_is_nobodys_business():
    text = recorded_text()
    for old, new in (
        ('title = "t"', 'title = "new"'),
        ('notes = "n"', 'notes = "more"'),
        ("[model]", "# why\n[model]"),
    ):
        assert old in text
        assert codec.parse(text.replace(old, new), "f").warning == ""


EDITED = "the experiment has been edited since it was run"


def test_an_edit_of_the_experiment_is_said_and_told_from_damage():
    text = recorded_text()
    edited = codec.parse(text.replace("seed = 0", "seed = 5"), "f")
    assert edited.warning == EDITED
    # It is said as long as it is so, through any number of saves.
    again = codec.parse(codec.write_page(edited), "f")
    assert again.warning == EDITED
    assert codec.parse(codec.write_page(again).replace("seed = 5", "seed = 0"), "f").warning == ""
    both = codec.parse(text.replace("seed = 0", "seed = 5").replace("0.25", "0.24"), "f")
    assert "[record]" in both.warning
    assert EDITED in both.warning
    assert codec.parse(text, "f", {"training.epochs": "5"}).warning == ""


def test_the_order_of_a_sweep_is_a_part_of_the_experiment_and_that_of_other_keys_is_not():
    body = {"data": {"name": "xor", "rows": 9}, "sweep": {"a": [1], "b": [2]}, "title": "t"}
    other = {"title": "x", "data": {"rows": 9, "name": "xor"}, "sweep": {"a": [1], "b": [2]}}
    assert codec.experiment_hash(body) == codec.experiment_hash(other)
    assert codec.experiment_hash(body) != codec.experiment_hash({**body, "sweep": {"b": [2], "a": [1]}})


def test_a_page_that_does_not_say_what_was_run_stays_silent():
    text = re.sub(r"(?m)^experiment = .*\n", "", recorded_text())
    below = codec.RECORDED.search(text)
    text = text.replace(below["sum"], codec.checksum(text[below.end() :])).replace("seed = 0", "seed = 5")
    page = codec.parse(text, "f")
    assert page.warning == ""
    # Nor does it claim, once it is saved, that what stands there now was run.
    assert "experiment =" not in codec.write_page(page)


@given(experiment=experiments())
def test_every_experiment_that_was_run_is_known_again(experiment):
    page = Page(experiment, "t", record=Record("finished", (RunRecord("run"),)))
    text = codec.write_page(page)
    assert "\nexperiment = " in text
    assert codec.parse(text, "f").warning == ""
    assert codec.write_page(codec.parse(text, "f")) == text


# --- lines of keys ----------------------------------------------------------------------------------------------------

TEXT = '''# A comment
title = "a page"
notes = """
epochs = 5
[training]
epochs = "not this one"
"""

seed = 1
data.name = "line"
data . rows = 50

[ model ]  # a table
hidden = [8,
  4]
"activation" = "relu"
  initialization = "zeros"

[training]
optimizer = "sgd"
\tepochs=7
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("title", 2),
        ("seed", 9),
        ("data.name", 10),
        ("data.rows", 11),
        ("model", 13),
        ("model.hidden", 14),
        ("model.hidden[1]", 14),
        ("model.activation", 16),
        ("model.initialization", 17),
        ("training", 19),
        ("training.epochs", 21),
        ("training.loss", 19),
        ("training.optimizer", 20),
        ("validation.k", None),
        ("epochs", None),
    ],
)
def test_the_line_of_a_key(key, line):
    assert line_of(TEXT, key) == line
    assert line_of(TEXT.replace("\n", "\r\n"), key) == line


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("training = { epochs = 0 }", "training.epochs", 1),
        ("\n[[data]]\n", "data", 2),
        ("a = '''\nseed = 1\n'''\nseed = 2\n", "seed", 4),
        ('a = """one line"""\nseed = 2\n', "seed", 2),
        ("title = 'a\u2028b\x85c\u2029d'\nseed = 2\n", "seed", 2),
        ('notes = """\na\u2028b\x85c\n"""\nseed = 2\n', "seed", 4),
        ('title = "[training]"\nseed = 2', "seed", 2),
        ('tags = [\n"a",\n"b",\n]\nseed = 2', "seed", 5),
        ('[data]\nname = "xor"\n[data2]\nname = "x"', "data2.name", 4),
        ('# it\'s """ in a comment\nseed = 2', "seed", 2),
        ('a = 1 # say """ here\nseed = 2', "seed", 2),
        ("a = \"'''\"\nseed = 2", "seed", 2),
    ],
)
def test_the_line_of_a_key_in_odd_texts(text, key, line):
    assert line_of(text, key) == line


@given(experiment=experiments(), notes=NOTES)
def test_every_key_of_a_page_is_found_where_it_stands(experiment, notes):
    text = codec.write_page(Page(experiment, "title", notes=notes, tags=("a",)))
    lines = text.split("\n")
    body = guarded.loads(text, "f")
    keys = [(key,) for key, value in body.items() if not isinstance(value, dict)]
    keys += [(table, key) for table, value in body.items() if isinstance(value, dict) for key in value]
    for key in keys:
        line = line_of(text, ".".join(key))
        # A table within a table has a heading of its own.
        assert lines[line - 1].startswith((f"{key[-1]} = ", f"[{'.'.join(key)}]"))
        if len(key) > 1:
            above = [text for text in lines[: line - 1] if text == f"[{key[0]}]"]
            assert above


@pytest.mark.parametrize(
    ("line", "key", "hint"),
    [
        ("training.epoch = 5", "training.epoch", "did you mean epochs?"),
        ("training.epochs = 0", "training.epochs", ""),
        ('training.epochs = "5"', "training.epochs", ""),
        ('training.optimizer = "adm"', "training.optimizer", "did you mean adam?"),
        ("training.momentum = 0.5", "training.momentum", 'it belongs to optimizer = "momentum"'),
        ("model.hidden = [8, 0]", "model.hidden", ""),
        ("model.hidden = [8, 'x']", "model.hidden[1]", ""),
        ("sed = 5", "sed", "did you mean seed?"),
        ("tags = ['a', 5]", "tags[1]", ""),
        ("title = 5", "title", ""),
        ("notes = ['a']", "notes", ""),
        ("created = 5", "created", ""),
        ("created = 2020-01-01", "created", ""),
        ("schema = '1'", "schema", ""),
        ("format = 'other'", "format", "this is another program's file"),
        ("format = 5", "format", ""),
        ("record = 5", "record", ""),
        ("training = 5", "training", ""),
        ("validation = []", "validation", ""),
    ],
)
def test_a_bad_key_is_told_with_file_line_and_hint(line, key, hint):
    text = f'# first\n{line}\ndata.name = "xor"\n'
    with pytest.raises(LabError) as caught:
        codec.parse(text, "some/file.toml")
    assert caught.value.where == "some/file.toml, line 2"
    assert caught.value.problem.startswith(f"{key} ")
    if hint:
        assert caught.value.hint == hint


# --- overrides --------------------------------------------------------------------------------------------------------

OVERRIDES = {
    "training.epochs": ("7", lambda e: e.training.epochs == 7),
    "training.optimizer": ("sgd", lambda e: isinstance(e.training.optimizer, Sgd)),
    "model.hidden": ("[3, 2]", lambda e: e.model.hidden == (3, 2)),
    "seed": ("5", lambda e: e.seed == 5),
    "data.standardize": ("false", lambda e: e.data.standardize is False),
    "choose_by": ("mae", lambda e: e.choose_by == "mae"),
}


@pytest.mark.parametrize("key", OVERRIDES)
def test_an_override_is_toml_or_else_a_text(key):
    value, holds = OVERRIDES[key]
    assert holds(codec.parse('data.name = "xor"', "f", {key: value}).experiment)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("training.epoch", "7"),
        ("training.epochs", "many"),
        ("training", "5"),
        ("seed.x", "5"),
        ("", "5"),
        (".", "5"),
        ("training.", "5"),
        ("model.hidden", "[" * 5_000),
        ("seed", "9" * 5_000),
        ("seed", "0x" + "f" * 5_000),
        ("training.epochs.deep", "1"),
    ],
)
def test_an_override_that_cannot_be_is_a_lab_error(key, value):
    with pytest.raises(LabError) as caught:
        codec.parse('seed = 1\ndata.name = "xor"', "f", {key: value})
    assert "line" not in caught.value.where
    if key in {"training.epochs", "training.epoch", "training", "seed.x"}:
        assert caught.value.where == f"--set {key}"


@pytest.mark.parametrize("count", [2, 40])
def test_settings_of_a_sweep_come_back_however_many_they_are(count):
    values = [0.5, 3, True, "a\nb", "]\x1b", [16, 32], [], {"patience": 3, "min_delta": 0.5}, "2013-01-01"]
    tried = tuple({"training.learning_rate": n / 10, f"data.key {n}": values[n % len(values)]} for n in range(count))
    record = Record("finished", (RunRecord("r"),), settings=tried, chosen=1, chosen_by="loss")
    text = codec.write_page(Page(PLAIN, record=record))
    again = codec.parse(text, "f")
    assert again.warning == ""
    assert again.record.chosen == 1
    assert [list(map(type, one.values())) for one in again.record.settings] == [
        list(map(type, one.values())) for one in tried
    ]
    assert codec.write_page(again) == text


def test_a_date_is_told_in_no_words_of_python():
    with pytest.raises(LabError) as caught:
        codec.parse('created = 2020-01-01\ndata.name = "xor"\n', "f")
    assert caught.value.problem == "created must be a date with a time, such as 2013-01-01T12:00:00Z, not 2020-01-01"
