"""What a branch comes from: its parent's page where it is still there, and what became another."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from notebook import SMALL, saved_page

from engine.events import Branched
from sessions import codec
from sessions.parents import change_of, parent_of
from sessions.tidying import rename

RATE = "training.learning_rate"
BEGUN = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)


def branch_of(
    folder, parent="one", epochs=(5,), settings=({RATE: 0.5},), draft=None, name="child", created="", begun=BEGUN
):
    """Save the page of a branch; return its path and page."""
    page = codec.read_page(saved_page(folder, name, draft))
    record = replace(page.record, branch=Branched(parent, epochs, settings, created))
    path = saved_page(folder, name, draft, record=record, created=begun)
    return path, codec.read_page(path)


def test_the_parent_lies_beside_its_branch(tmp_path):
    saved_page(tmp_path, "one")
    parent = parent_of(*branch_of(tmp_path))
    assert (parent.name, parent.epoch) == ("one", 5)
    assert parent.record == codec.read_page(tmp_path / "one.toml").record
    assert parent.says() == "branch of one from epoch 5: learning_rate 0.001 → 0.5"
    page = codec.read_page(tmp_path / "one.toml")
    assert parent_of(tmp_path / "one.toml", page) is None


def test_the_moment_in_a_name_is_left_out_of_the_sentence(tmp_path):
    saved_page(tmp_path, "one-20261125-101010-2")
    assert parent_of(*branch_of(tmp_path, "one-20261125-101010-2")).says().startswith("branch of one from")


@pytest.mark.parametrize("name", ["gone", "", ".", "..", "a/b", "/etc/passwd", "nul\0", "bad", "empty", "x" * 300])
def test_a_parent_that_is_gone_or_cannot_be_read_is_said(tmp_path, name):
    (tmp_path / "bad.toml").write_text("x = [")
    saved_page(tmp_path, "empty", record=None)
    path, page = branch_of(tmp_path)
    record = replace(page.record, branch=Branched(name, (5,), ({RATE: 0.5},)))
    parent = parent_of(path, replace(page, record=record))
    assert parent.record is None
    assert "which is gone, from epoch 5" in parent.says()


def test_a_parent_that_got_another_name_is_still_the_parent(tmp_path):
    one = saved_page(tmp_path, "one")
    created = codec.read_page(one).created.isoformat()
    other = saved_page(tmp_path, "other", created=datetime(2026, 11, 23, tzinfo=UTC))
    path, page = branch_of(tmp_path, created=created, begun=datetime(2026, 11, 24, tzinfo=UTC))
    now = rename(one, "Births, the long one")
    parent = parent_of(path, page)
    assert (parent.name, parent.record) == (now.stem, codec.read_page(now).record)
    assert parent.says() == "branch of births-the-long-one from epoch 5: learning_rate 0.001 → 0.5"
    # Another page that takes the old name is not it.
    other.rename(one)
    assert parent_of(path, page).name == now.stem
    now.unlink()
    assert "branch of one, which is gone," in parent_of(path, page).says()


@pytest.mark.parametrize("draft", [SMALL | {"seed": 7}, SMALL | {"data": {"name": "iris"}}])
def test_a_page_that_was_begun_in_the_same_second_is_not_the_parent(tmp_path, draft):
    one = saved_page(tmp_path, "one")
    created = codec.read_page(one).created.isoformat()
    path, page = branch_of(tmp_path, created=created)
    saved_page(tmp_path, "other", draft)
    one.unlink()
    assert "branch of one, which is gone," in parent_of(path, page).says()
    # Of two that could be, none is.
    saved_page(tmp_path, "twin")
    assert parent_of(path, page).name == "twin"
    saved_page(tmp_path, "triplet")
    assert parent_of(path, page).record is None


def test_a_branch_of_a_branch_says_what_its_own_turn_changed(tmp_path):
    _, page = branch_of(tmp_path, epochs=(3, 7), settings=({RATE: 0.5}, {RATE: 0.25, "model.dropout": 0.1}))
    assert change_of(page) == "learning_rate 0.5 → 0.25, dropout 0.0 → 0.1"


def test_of_a_sweep_and_of_what_a_person_has_broken_no_value_before_is_said(tmp_path):
    _, page = branch_of(tmp_path, draft=SMALL | {"sweep": {RATE: [0.1, 0.2]}})
    assert change_of(page) == "learning_rate 0.5"
    _, page = branch_of(tmp_path, epochs=(1, 2), settings=({"data.name": "iris"}, {RATE: 0.5}))
    assert change_of(page) == "learning_rate 0.5"
