"""The quick way into a page gives what tomllib gives, or leaves it to tomllib."""

from __future__ import annotations

import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.sources import Xor
from engine.errors import LabError
from engine.experiment import Data, Experiment
from sessions import codec, guarded, quick
from sessions.curve import Curve
from sessions.page import Page
from sessions.record import Record, RunRecord

PLAIN = Experiment(Data(Xor()))
NUMBERS = st.floats() | st.sampled_from([0.0, -0.0, 1e-5, 1e16, 1e22, 5e-324, math.inf, -math.inf, math.nan, 1.0])
TEXTS = st.text(max_size=12) | st.sampled_from(
    ['a "b"', "\\", "fold 1/5 · restart 2", "\x1b[1m", "'''", '"""', "#", "\r"]
)
POINTS = st.lists(NUMBERS, max_size=5)
CURVES = st.dictionaries(
    st.sampled_from(["loss", "r2", "mae"]),
    POINTS.map(lambda values: Curve(range(1, len(values) + 1), values))
    | POINTS.map(lambda values: Curve(range(5, len(values) + 5), values)),
    max_size=2,
)
FIGURES = st.none() | st.dictionaries(
    st.sampled_from(["loss", "a b", "é", "x-1", "1"]), NUMBERS, min_size=1, max_size=3
)
RUNS = st.builds(
    RunRecord,
    TEXTS,
    epoch=st.integers(0, 10**20),
    seconds=NUMBERS,
    best_epoch=st.none() | st.integers(0, 9),
    train_curves=CURVES,
    validation_curves=CURVES,
    train=FIGURES,
    coefficients=FIGURES,
    problem=TEXTS,
    bad_input=st.booleans(),
)
PAGES = st.builds(
    lambda runs, notes, record: codec.write_page(Page(PLAIN, "t", notes=notes, record=record(runs))),
    st.lists(RUNS, min_size=1, max_size=3),
    TEXTS
    | st.sampled_from(["\n[record]\n[[record.runs]]\nlabel = 1\n", '\n[record]\nchecksum = "0"\n', "[[record.runs]]"]),
    st.just(lambda runs: Record("finished", tuple(runs))),
).map(lambda text: text.encode("utf-8", "replace").decode())
PIECES = [
    *("[[record.runs]]\n", "\n[[record.runs]]\n", "[record]\n", "[[record]]\n", "[record.runs.x]\n", "[record.data]\n"),
    *('"""', "'''", "[", "]", "{", "}", "#", "\n", "\r\n", "\r", "\t", " ", ",", "=", ".", '"', "\\", "\x00", "\ufeff"),
    *(
        "nan",
        "NaN",
        "inf",
        "+inf",
        "-nan",
        "Infinity",
        "null",
        "true",
        "1_000",
        "0x1",
        "01",
        "-0",
        "1.",
        ".5",
        "1e5",
        "٣",
    ),
    *(
        "[1, 2]",
        "[1.5, 2, 'a']",
        "[1,]",
        "[[1]]",
        "{ a = 1, a = 2 }",
        "{ a = { b = 1 } }",
        "1979-05-27",
        "[NaN]",
        "[nan]",
    ),
    *(
        "train_curves = 1\n",
        "train_curves.loss = 1\n",
        "train_curves.loss.values = [1.0]\n",
        'train_curves."a b".values = [2]\n',
    ),
    *(
        "train_curves.loss.epochs = [1.5]\n",
        "train_curves.x.epochs = [1, inf]\n",
        "label = 'x'\n",
        "label = 5\n",
        "x = '''\n",
    ),
    *("train.loss = 1\n", "train = { loss = 1 }\n", "more = [\n", "more = 1 # why\n", "a.b.c = 1\n", "  epoch = 3\n"),
]


def agree(text):
    """Hold the quick way against tomllib, and tell whether it was gone."""
    found = quick.read(text, lambda part: guarded.loads(part, "f"))
    if found is None:
        return False
    assert repr(found) == repr(guarded.loads(text, "f"))
    return True


@given(PAGES)
def test_every_page_of_ours_is_read_the_quick_way(text):
    assert agree(text)
    assert agree(text.replace("\n", "\r\n"))


@given(text=PAGES, data=st.data())
def test_a_page_that_was_changed_is_read_as_tomllib_reads_it(text, data):
    for _ in range(data.draw(st.integers(1, 3))):
        # Most of what can be told apart lies in the runs.
        start = data.draw(st.sampled_from([0, text.rfind("[record]"), text.rfind("[[record.runs]]")]))
        at = data.draw(st.integers(max(0, start), len(text)))
        at = data.draw(st.sampled_from([at, text.rfind("\n", 0, at) + 1]))
        cut = data.draw(st.sampled_from([0, 0, 1, 7]))
        text = text[:at] + data.draw(st.sampled_from(PIECES) | st.text(max_size=2)) + text[at + cut :]
    agree(text)


HEAD = '[data]\nname = "xor"\n\n[record]\nstatus = "x"\n'
RUN = HEAD + '[[record.runs]]\nlabel = "a"\ntrain_curves.loss.values = [0.5]\n'
NO_STATEMENTS = [
    *('train_curves.x.values = ["\\/"]', "train_curves.x.values = [1.0,\r2.0]", 'train_curves.x.values = [{"a": 1}]'),
    *("validation_curves = { x = { } }\nvalidation_curves.y.values = [1.0]", "x = { a = 1, b = 2.5, c = nan }"),
    'validation_curves."a b".values = [1]\nvalidation_curves.y.values = [1.0]',
    *("label = 'b'", 'label = "b"', "label.x = 1", "train_curves = { }", "train_curves.loss = 1", "train_curves.a = 1"),
    *('train_curves."loss".values = [1]', "train_curves.loss.epochs = [NaN]", "train_curves.x.values = [1.0, NaN]"),
    *("train_curves.x.values = [-nan]", "train_curves.x.values = [Infinity]", "train_curves.x.values = [null]"),
    *("train_curves.x.values = ['a', true]", "train_curves.x.values = [[1.0]]", "train_curves.x.values = [{}]"),
    *('train_curves.x.values = ["a"]', "train_curves.x.values = [true]", "train_curves.x.values = [01]"),
    *("train_curves.x.values = [1.]", "train_curves.x.values = [1_0]", "train_curves.x.values = [1.0,]"),
    *(
        "train = { a = 1, a = 2 }",
        "train = { a = 01 }",
        "train = { }",
        "x = 01",
        "x = +1",
        "x = 1.",
        "x = 1e5",
        "x = 1_0",
    ),
    *(
        "x = 1\ry = 2",
        "x = 1 ",
        " x = 1",
        "x = 1 # why",
        "# x",
        "x =",
        "x",
        "=",
        "x = ٣",
        "x\u2028 = 1",
        'x = "\\u0041"',
    ),
    *(
        'x = "\t"',
        'x = "\x7f"',
        'x = "\x00"',
        'x = """',
        'x = """a"""',
        "x = 'a",
        "x = [",
        "x = ]",
        "[record.runs.x]",
        "[x]",
    ),
    *(
        "[[record.runs]] # why",
        "[[record.runs]",
        " [[record.runs]]",
        "[[ record.runs ]]",
        "[record.data]",
        "x = -0",
        "x = -0.0",
    ),
]
ODD = [
    *(RUN + line + "\n" for line in NO_STATEMENTS),
    *(RUN + line + '\n[[record.runs]]\nlabel = "b"\n' for line in NO_STATEMENTS),
    'notes = """\n' + HEAD + '[[record.runs]]\nlabel = "a"\n"""\n',
    HEAD + 'x = """\n[[record.runs]]\n"""\n',
    HEAD + "x = [\n[[record.runs]]\n]\n",
    HEAD + "runs = []\n[[record.runs]]\n",
    HEAD + "[[record.runs]]\n[[record.runs]]\na = 1\n",
    HEAD.replace("[record]", "[[record]]") + "[record.x]\n[[record.runs]]\na = 1\n",
    "record = { }\n[[record.runs]]\n\n[record]\n",
    HEAD + "[[record.runs]]\na = 1\n[data2]\nb = 1\n",
    HEAD + "[[record.runs]]\ntrain_curves.a.values = [1]\ntrain_curves.a.values = [1]\n",
    HEAD + "[[record.runs]]\ntrain_curves.a.values = [1]\nx = 1\ntrain_curves.b.values = [1]\n",
    HEAD + "[[record.runs]]\ntrain_curves.a.values = " + "[" * 30 + "]" * 30 + "\n",
    HEAD + "[[record.runs]]\ntrain_curves.a.values = " + "[" * 5_000 + "\n",
    HEAD + "[[record.runs]]\ntrain_curves.a.values = [" + "9" * 5_000 + "]\n",
    HEAD + "[[record.runs]]\nx" + ".x" * 3_000 + " = 1\n",
]


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text[-30:]))
def test_odd_texts_are_read_as_tomllib_reads_them(text):
    try:
        tomllib.loads(text)
        guarded.loads(text, "f")
    except (ValueError, LabError, RecursionError):
        assert quick.read(text, lambda part: guarded.loads(part, "f")) is None
    else:
        agree(text)


def test_lists_that_two_curves_share_in_the_text_are_two_lists():
    text = HEAD + "[[record.runs]]\n" + "".join(f"train_curves.{k}.epochs = [1, 2]\n" for k in "ab")
    curves = quick.read(text, tomllib.loads)["record"]["runs"][0]["train_curves"]
    assert curves["a"]["epochs"] is not curves["b"]["epochs"]
