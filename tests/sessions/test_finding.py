"""Which pages of a library are wanted, and in which order."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import LabError
from sessions.finding import ORDERS, in_order, parse, status_of, text_of, values_of
from sessions.listed import Listed, Stamp

WORDS = st.sampled_from(["births", "wine", "Überraschung", "week 1", "a[/]b", ""])
CREATED = st.sampled_from(["", "2026-11-22T10:15:00+00:00", "2026-11-22T10:15:00", "0001-01-01T00:00:00+14:00"])
LOSS = st.sampled_from([None, 0.5, 1.0, math.inf, -1.0])


@st.composite
def entries(draw):
    count = draw(st.integers(0, 6))
    return [
        Listed(
            Path("x"),
            f"{number}.toml",
            draw(st.sampled_from([None, Stamp(1, 5, 5, number), Stamp(1, 9, 9, number)])),
            draw(st.sampled_from(["", "", "is not TOML"])),
            title=draw(WORDS),
            created=draw(CREATED),
            tags=tuple(draw(st.lists(WORDS.filter(bool), max_size=2))),
            data=draw(WORDS),
            status=draw(st.sampled_from(["", "finished", "diverged"])),
            runs=draw(st.integers(0, 3)),
            verdict=draw(st.sampled_from(["", "overfitting"])),
            summary={} if (loss := draw(LOSS)) is None else {"validation.loss": {"mean": loss, "sd": 0.0}},
        )
        for number in range(count)
    ]


@given(entries(), st.sampled_from(sorted(ORDERS)), st.booleans())
def test_an_order_loses_nothing_and_puts_what_has_no_figure_last(pages, by, backwards):
    found = in_order(pages, by, backwards=backwards)
    assert sorted(entry.file for entry in found) == sorted(entry.file for entry in pages)
    key, falling = ORDERS[by]
    keys = [key(entry) for entry in found]
    having = [value for value in keys if value is not None]
    assert keys[len(having) :] == [None] * (len(keys) - len(having))
    pairs = pairwise(having)
    assert all(one >= two if falling != backwards else one <= two for one, two in pairs)


@given(entries(), st.text(st.sampled_from("abtag:\"' wine"), max_size=20))
def test_any_filter_takes_a_part_of_the_pages(pages, asked):
    wanted = parse(asked)
    for entry in pages:
        assert wanted.takes(entry, text_of(entry)) in {True, False}


@given(entries())
def test_what_a_page_has_finds_it(pages):
    for field in ("tag", "data", "verdict", "status"):
        for value, count in values_of(pages, field).items():
            wanted = parse(f'{field}:"{value}"')
            found = [entry for entry in pages if wanted.takes(entry, text_of(entry))]
            assert len(found) >= len({entry.file for entry in found}) >= min(count, 1)
            begun = parse(f"{field}:{value[:2].strip()}")
            assert all(begun.takes(entry, text_of(entry)) for entry in found)
    for entry in pages:
        assert parse(f"{entry.title} {status_of(entry)}").takes(entry, text_of(entry))


def test_fields_and_words_are_told_apart():
    wanted = parse('Births http://x tag:week data:"mnist-1d" verdict:')
    assert wanted.words == ("births", "http://x")
    assert wanted.fields == (("tag", "week", False), ("data", "mnist-1d", True), ("verdict", "", False))
    assert not parse("  ")
    page = Listed(Path("x"), "p.toml", tags=("week-1", "b"), data="mnist-1d")
    assert parse("tag:week").takes(page, text_of(page))
    assert not parse('tag:"week"').takes(page, text_of(page))
    assert parse("tag:b tag:week").takes(page, text_of(page))
    assert not parse("data:mnist-2").takes(page, text_of(page))


def test_an_order_that_there_is_not_is_told():
    with pytest.raises(LabError, match="did you mean loss"):
        in_order([], "los")
