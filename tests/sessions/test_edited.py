"""A page that is edited with another editor while it trains: nothing of it is lost, and all of it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from engine.data.sources import Line
from engine.experiment import Data, Experiment, Model, Training
from sessions import codec
from sessions.page import Page
from sessions.recorder import Recorder
from sessions.store import Store

EXPERIMENT = Experiment(Data(Line(rows=30)), Model(hidden=(3,)), training=Training(epochs=4))
NAME = "a-page-20261122-101500"


@pytest.fixture(name="keeper")
def _keeper(tmp_path):
    page = Page(EXPERIMENT, "A page", notes="mine", tags=("one",))
    keeper = Recorder(Store(tmp_path / "pages"), page, datetime(2026, 11, 22, 10, 15), lambda: 0.0)
    assert keeper.save()
    yield keeper
    assert keeper.finish()


def edit(keeper, **changed):
    page = codec.read_page(keeper.path)
    keeper.path.write_text(codec.write_page(replace(page, **changed)))


def kept(keeper):
    folder = keeper.path.parent / "damaged"
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else {}


def test_what_nobody_edited_is_said_not_to_be(keeper):
    keeper.annotate("more of mine")
    assert keeper.save()
    assert keeper.found == []
    assert codec.read_page(keeper.path).notes == "more of mine"


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"notes": "theirs"}, "notes"),
        ({"tags": ("one", "two")}, "tags"),
        ({"title": "Another"}, "title"),
        ({"title": "Another", "notes": ""}, "title and notes"),
    ],
)
def test_edits_of_a_page_that_trains_are_kept_to_its_end(keeper, changed, what):
    edit(keeper, **changed)
    assert keeper.save()
    assert keeper.found == [f"{NAME} was edited while it trained: its {what} are kept"]
    keeper.found.clear()
    assert keeper.save()
    assert keeper.finish()
    assert keeper.found == []
    for page in (codec.read_page(keeper.path), keeper.page):
        assert {key: getattr(page, key) for key in changed} == changed
        assert page.record.status == "interrupted"
    assert kept(keeper) == {}


def test_notes_edited_in_both_places_are_ours_on_the_page_and_the_other_file_is_kept(keeper):
    edit(keeper, notes="theirs", tags=("theirs",))
    other = keeper.path.read_bytes()
    keeper.annotate("ours")
    assert keeper.save()
    page = codec.read_page(keeper.path)
    assert (page.notes, page.tags) == ("ours", ("theirs",))
    assert kept(keeper) == {f"{NAME}.toml.1": other}
    (said,) = keeper.found
    assert said == f"{NAME} notes were edited here and by hand: the file with the others is damaged/{NAME}.toml.1"


def test_notes_written_here_after_an_edit_was_taken_do_not_end_it_without_a_copy(keeper):
    edit(keeper, notes="theirs")
    assert keeper.save()
    keeper.annotate("ours")
    assert keeper.save()
    assert codec.read_page(keeper.path).notes == "ours"
    assert [codec.parse(content.decode(), "").notes for content in kept(keeper).values()] == ["theirs"]
    assert keeper.save()
    assert len(kept(keeper)) == 1


@pytest.mark.parametrize("content", [b"", b"\0\xff", b"title = 'half"])
def test_a_file_that_cannot_be_read_is_kept(keeper, content):
    keeper.path.write_bytes(content)
    assert keeper.save()
    assert keeper.found == [f"{NAME} was edited while it trained, and cannot be read: it is damaged/{NAME}.toml.1 now"]
    assert kept(keeper) == {f"{NAME}.toml.1": content}
    assert codec.read_page(keeper.path).notes == "mine"


def test_settings_edited_meanwhile_stay_what_is_trained_and_the_file_is_kept(keeper):
    edit(keeper, experiment=replace(EXPERIMENT, restarts=2), notes="theirs")
    assert keeper.save()
    page = codec.read_page(keeper.path)
    assert (page.experiment, page.notes) == (EXPERIMENT, "theirs")
    assert "its settings stay, and the file with others is damaged/" in keeper.found[0]
    assert len(kept(keeper)) == 1


def test_a_page_that_is_deleted_by_hand_is_written_again(keeper):
    keeper.path.unlink()
    assert keeper.save()
    assert keeper.found == [f"{NAME} was deleted by hand, and is written again"]
    assert codec.read_page(keeper.path).notes == "mine"


def test_a_file_that_cannot_be_kept_is_not_replaced(keeper):
    keeper.path.write_bytes(b"theirs")
    folder = keeper.path.parent / "damaged"
    folder.write_bytes(b"in the way")
    assert not keeper.save()
    assert "damaged" in keeper.problem
    assert keeper.path.read_bytes() == b"theirs"
    folder.unlink()
    assert keeper.save()
