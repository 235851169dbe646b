"""The archive beside a page: weights, and full curves where the page thins them; never another page's."""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.sources import Xor
from engine.errors import LabError
from engine.experiment import Data, Experiment
from sessions import archive, codec, thinning
from sessions.archive import known_weights, read_weights, save_archive, with_history
from sessions.beside import archive_of
from sessions.curve import Curve
from sessions.history import HISTORY, digest, history_of, with_curves
from sessions.page import Page
from sessions.record import Record, RunRecord
from sessions.recorder import Recorder
from sessions.replay import beats
from sessions.store import Store

PLAIN = Experiment(Data(Xor()))
NUMBERS = base64.b64encode(np.arange(7, dtype="<f4").tobytes()).decode()
SHA256 = hashlib.sha256(base64.b64decode(NUMBERS)).hexdigest()


def long_record(runs=3, points=50_000, sha256=SHA256, first=2):
    rng = np.random.default_rng(points)
    made = [
        RunRecord(
            f"r{number}",
            status="finished",
            epoch=points,
            epochs=points,
            parameters=7,
            updates_per_epoch=1,
            best_epoch=points // 3,
            train={"loss": 0.5},
            train_curves={"loss": Curve(range(1, points + 1), rng.random(points).tolist())},
            validation_curves={"r2": Curve(range(first, points + first), rng.random(points).tolist())}
            if number
            else {},
            sha256=sha256,
        )
        for number in range(runs)
    ]
    return Record("finished", tuple(made))


@pytest.fixture(name="saved")
def _saved(tmp_path):
    """Return the path of a page that is thinned, and its record as it was."""
    record = long_record()
    path = tmp_path / "page.toml"
    Store(tmp_path).save(path, Page(PLAIN, "t", record=record))
    save_archive(path, record, {0: NUMBERS, 2: NUMBERS})
    return path, record


def test_a_thinned_page_finds_its_full_curves_in_its_archive(saved):
    path, record = saved
    thin = codec.read_page(path).record
    assert max(len(run.train_curves["loss"]) for run in thin.runs) <= thinning.MOST_POINTS
    assert with_history(path, thin) == record
    assert with_history(path, with_history(path, thin)) == record


def test_a_page_that_holds_everything_needs_no_archive(tmp_path):
    record = long_record(points=1_000)
    path = tmp_path / "page.toml"
    Store(tmp_path).save(path, Page(PLAIN, "t", record=record))
    save_archive(path, record, {})
    assert not archive_of(path).exists()
    assert "history" not in path.read_text()
    assert with_history(path, codec.read_page(path).record) == record
    save_archive(path, record, {1: NUMBERS})
    with np.load(archive_of(path), allow_pickle=False) as arrays:
        assert arrays.files == ["run_1_final"]


def test_opening_a_page_does_not_read_its_archive(saved, monkeypatch):
    path, _ = saved
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert codec.read_page(path).record.status == "finished"


def test_a_thinned_page_that_is_saved_again_keeps_its_tie(saved):
    path, record = saved
    before = path.read_bytes()
    page = codec.read_page(path)
    Store(path.parent).save(path, page)
    assert path.read_bytes() == before
    full = with_history(path, page.record)
    Store(path.parent).save(path, replace(page, record=full))
    assert path.read_bytes() == before
    save_archive(path, page.record, {1: NUMBERS})
    assert with_history(path, codec.read_page(path).record) == record


def test_an_archive_that_is_missing_older_or_anothers_is_told(saved, tmp_path):
    path, record = saved
    thin = codec.read_page(path).record
    own = archive_of(path)
    longer = replace(record, runs=(replace(record.runs[0], label="x"), *long_record(2, 60_000).runs))
    for other in (longer, replace(record, runs=record.runs[::-1])):
        save_archive(path, other, {0: NUMBERS})
        with pytest.raises(LabError, match="not this page's"):
            with_history(path, thin)
        # What is not this page's is not carried along either.
        save_archive(path, thin, {0: NUMBERS})
        with pytest.raises(LabError, match="no full curves"):
            with_history(path, thin)
    own.unlink()
    with pytest.raises(LabError, match="not beside the page"):
        with_history(path, thin)
    own.mkdir()
    with pytest.raises(LabError, match="is not a file"):
        with_history(path, thin)
    own.rmdir()
    os.mkfifo(own)
    with pytest.raises(LabError, match="is not a file"):
        with_history(path, thin)


def test_weights_of_another_page_are_told(saved):
    path, record = saved
    assert read_weights(path, 0, SHA256) == NUMBERS
    with pytest.raises(LabError, match="run 1 are not those"):
        read_weights(path, 0, "0" * 64)
    assert known_weights(path, record) == {0: NUMBERS, 2: NUMBERS}
    assert known_weights(path, record, {2}) == {0: NUMBERS}
    assert known_weights(path, long_record(sha256="0" * 64)) == {}
    assert known_weights(path, replace(record, runs=record.runs[:1])) == {0: NUMBERS}
    archive_of(path).write_bytes(b"PK")
    assert known_weights(path, record) == {}


@pytest.fixture(name="whole", scope="module")
def _whole(tmp_path_factory):
    """Return the path of a thinned page, its record before and after, and the content of its archive."""
    path = tmp_path_factory.mktemp("whole") / "page.toml"
    record = long_record(3, 25_000)
    Store(path.parent).save(path, Page(PLAIN, "t", record=record))
    save_archive(path, record, {0: NUMBERS})
    return path, record, codec.read_page(path).record, archive_of(path).read_bytes()


@given(data=st.data())
def test_a_damaged_archive_is_one_problem_or_the_same_curves(data, whole):
    path, record, thin, kept = whole
    content = bytearray(kept)
    # The arrays' heads and the directory lie at the ends.
    span = data.draw(st.sampled_from([range(2_000), range(len(content) - 900, len(content)), range(len(content))]))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.sampled_from(span))] = data.draw(st.integers(0, 255))
    length = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    archive_of(path).write_bytes(content[:length])
    said = []
    for read, expected in (
        (lambda: with_history(path, thin), record),
        (lambda: read_weights(path, 0, SHA256), NUMBERS),
    ):
        try:
            assert read() == expected
        except LabError as error:
            said.append(str(error))
    assert not any("\n" in text for text in said)


CRAFTED = {
    "a pickle": {"history_values": np.array([{"a": 1}], dtype=object)},
    "another type": {"history_values": np.zeros(5, dtype="<f4")},
    "a run that is none": {"history_index": np.array([[9, 0, 1, 1]])},
    "a run before the first": {"history_index": np.array([[-1, 0, 1, 1]])},
    "more points than there are": {"history_index": np.array([[0, 0, 1 << 60, 1]])},
    "fewer than none": {"history_index": np.array([[0, 0, -5, 1]])},
    "no rows of four": {"history_index": np.array([1, 2, 3])},
    "a name that is none": {"history_index": np.array([[0, 77, 1, 1]])},
    "names that are none": {"history_names": np.frombuffer(b"{}", np.uint8)},
    "names that are no JSON": {"history_names": np.frombuffer(b"\xff\xfe", np.uint8)},
    "a part that is none": {"history_names": np.frombuffer(b'["label.x", "a.b"]', np.uint8)},
}


@pytest.mark.parametrize("name", CRAFTED)
def test_a_crafted_archive_whose_hash_is_right_is_one_problem(saved, name):
    path, record = saved
    arrays = dict(history_of(record)) | CRAFTED[name]
    np.savez(archive_of(path), **arrays)
    thin = codec.read_page(path).record
    crafted = replace(thin, origin=replace(thin.origin, history=digest(arrays)))
    with pytest.raises(LabError) as caught:
        with_history(path, crafted)
    assert "\n" not in str(caught.value)


def test_an_array_that_claims_more_than_it_has_is_refused_before_memory_is_taken(saved):
    path, record = saved
    whole = archive_of(path).read_bytes()
    points = history_of(record)["history_values"].size
    claim = f"({points},)".encode()
    assert whole.count(claim) == 1
    archive_of(path).write_bytes(whole.replace(claim, b"(" + b"9" * (len(claim) - 3) + b",)"))
    with pytest.raises(LabError):
        with_history(path, codec.read_page(path).record)
    np.savez_compressed(archive_of(path), run_0_final=np.zeros(1_000, dtype="<f4"))
    with pytest.raises(LabError, match="packed or too large"):
        read_weights(path, 0)


def test_a_recorder_keeps_the_full_curves(tmp_path, monkeypatch):
    monkeypatch.setattr(thinning, "MOST_VALUES", 10)
    monkeypatch.setattr(thinning, "MOST_POINTS", 9)
    record = long_record(2, 50, first=1)
    keeper = Recorder(Store(tmp_path), Page(PLAIN, "t"), datetime(2026, 11, 25))
    keeper.take([event for beat in beats(record) for event in beat.events])
    assert keeper.finish()
    thin = codec.read_page(keeper.path).record
    assert len(thin.runs[0].train_curves["loss"]) == 9
    assert with_history(keeper.path, thin) == keeper.record


def test_the_arrays_are_what_the_file_names(saved):
    _, record = saved
    arrays = history_of(record)
    assert list(arrays) == list(HISTORY)
    assert {name: values.dtype for name, values in arrays.items()} == {n: np.dtype(d) for n, d in HISTORY.items()}
    assert with_curves(record, arrays) == record
    assert digest({}) == ""
    assert archive.MOST_BYTES == 1 << 30
