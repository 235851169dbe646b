"""Large files: numbers that are put aside on disk, a cache, and a share that grows while they are read."""

from __future__ import annotations

import errno
import json
import os
import queue
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import folder_of, some

from engine import tables
from engine.control import Train
from engine.data import prepare
from engine.data.formats import cache, csv_file, idx, numbers, shelf
from engine.data.formats.csv_file import read
from engine.data.formats.numbers import Writer
from engine.data.formats.sheet import joined
from engine.data.sources import OwnFile
from engine.errors import LabError
from engine.experiment import Data, Experiment
from engine.plan import plan
from engine.worker import work

TEXT = "a,day,word,b,none,y\n" + "".join(
    f"{row * 0.37:.3f},2020-01-{1 + row % 28:02},{'xyz'[row % 3]},{'NA' if row % 7 == 2 else row},,{row % 5}\n"
    for row in range(3_000)
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(TEXT)
    return path


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Make every file a large one, and return the folder of the cache."""
    monkeypatch.setattr(numbers, "MOST_IN_MEMORY", 1_000)
    monkeypatch.setattr(shelf, "LEAST_BYTES", 0)
    monkeypatch.setenv("LOSSBOOK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def seen(sheet):
    """Return all that a sheet says, in a form that can be compared."""
    columns = [(c.name, c.kind, c.missing, c.vocabulary, str(c.values.dtype), c.values.tolist()) for c in sheet.columns]
    return repr((sheet.rows, sheet.notes, columns))


def packed(path, **keys):
    """Return what networks read of a file, as bytes."""
    dataset = prepare(Data(OwnFile(str(path), missing="mean", **keys)), 0)
    return dataset.room[:, : dataset.inputs.shape[1]].tobytes(), dataset.sha256, dataset.centre.tolist()


@given(st.lists(st.integers(1, 40), max_size=12), st.integers(1, 5), st.integers(1, 2_000))
def test_numbers_come_back_whether_they_were_in_memory_or_not(tmp_path_factory, lengths, columns, limit):
    rng = np.random.default_rng(0)
    blocks = [rng.normal(size=(length, columns)) for length in lengths]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbers, "MOST_IN_MEMORY", limit)
        writer = Writer(columns, tmp_path_factory.mktemp("aside"))
        for block in blocks:
            writer.add(block)
        found = writer.finish()
    whole = np.concatenate([np.empty((0, columns)), *blocks])
    np.testing.assert_array_equal(found.array, whole)
    found.forget()
    for place in range(columns):
        np.testing.assert_array_equal(found.column(place), whole[:, place])


def test_a_large_file_says_what_a_small_one_says(path, monkeypatch, tmp_path):
    monkeypatch.delenv("LOSSBOOK_CACHE", raising=False)
    there, bits = seen(read(path)), packed(path)
    monkeypatch.setattr(numbers, "MOST_IN_MEMORY", 1_000)
    assert seen(read(path)) == there
    assert packed(path) == bits
    assert list(tmp_path.iterdir()) == [path]


def test_two_large_files_join_as_small_ones_do(path, small, monkeypatch):
    test = path.with_name("test.csv")
    test.write_text("y,b,a,word,none,day\n1,,2.5,w,,2021-01-01\n")
    large = seen(joined(read(path), read(test), "test.csv", small))
    monkeypatch.setattr(numbers, "MOST_IN_MEMORY", 1 << 30)
    assert seen(joined(read(path), read(test), "test.csv", None)) == large


class TestCache:
    @pytest.mark.usefixtures("small")
    def test_the_second_reading_parses_nothing(self, path, monkeypatch):
        first, bits = seen(read(path)), packed(path)
        monkeypatch.setattr(csv_file, "Survey", None)
        assert seen(read(path)) == first
        assert packed(path) == bits

    def test_another_content_or_another_way_to_read_is_another_entry(self, path, small):
        read(path)
        path.write_text(TEXT.replace("2020-01-02", "2020-01-03"))
        days = read(path).columns[1].values
        assert np.datetime64("2020-01-02") not in days
        read(path, decimal="point")
        assert len([entry for entry in (small / "tables").iterdir() if entry.is_dir()]) == 3

    @pytest.mark.parametrize("name", ["numbers.f8", "columns.npz", "sheet.json"])
    @pytest.mark.parametrize("harm", ["cut", "gone", "other", "empty"])
    def test_a_damaged_entry_is_made_anew(self, path, small, name, harm):
        first = seen(read(path))
        (entry,) = [entry for entry in (small / "tables").iterdir() if entry.is_dir()]
        kept = entry / name
        content = kept.read_bytes()
        if harm == "gone":
            kept.unlink()
        else:
            kept.write_bytes({"cut": content[: len(content) // 2], "other": b"other", "empty": b""}[harm])
        assert seen(read(path)) == first
        assert kept.read_bytes() == content

    def test_a_page_of_zeros_in_the_numbers_is_noticed(self, path, small):
        first = seen(read(path))
        (entry,) = [entry for entry in (small / "tables").iterdir() if entry.is_dir()]
        with (entry / "numbers.f8").open("r+b") as opened:
            opened.seek(4_096)
            opened.write(bytes(4_096))
        assert seen(read(path)) == first

    @pytest.mark.parametrize("key", ["place", "kind", "nested"])
    def test_a_description_that_leads_astray_is_noticed(self, path, small, key):
        first = seen(read(path))
        (entry,) = [entry for entry in (small / "tables").iterdir() if entry.is_dir()]
        known = json.loads((entry / "sheet.json").read_text())
        known["columns"][0] |= {"place": 99} if key == "place" else {"kind": "word"}
        (entry / "sheet.json").write_text("[" * 100_000 if key == "nested" else json.dumps(known))
        assert seen(read(path)) == first

    def test_rows_that_do_not_add_up_are_no_entry(self, path, small):
        first = seen(read(path))
        (entry,) = [entry for entry in (small / "tables").iterdir() if entry.is_dir()]
        known = json.loads((entry / "sheet.json").read_text())
        (entry / "sheet.json").write_text(json.dumps(known | {"rows": known["rows"] - 1}))
        assert seen(read(path)) == first

    @pytest.mark.usefixtures("small")
    def test_a_folder_that_cannot_be_is_no_cache(self, path, tmp_path, monkeypatch):
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("LOSSBOOK_CACHE", str(tmp_path / "file"))
        assert read(path).rows == 3_000

    def test_a_disk_that_is_full_keeps_nothing_and_harms_nothing(self, path, small, monkeypatch):
        def full(*_):
            raise OSError(errno.ENOSPC, "no space left on device")

        monkeypatch.setattr(cache, "save", full)
        assert read(path).rows == 3_000
        assert [entry.name for entry in (small / "tables").iterdir() if entry.is_dir()] == []

    def test_the_oldest_go_when_there_are_too_many(self, path, small, monkeypatch):
        monkeypatch.setattr(shelf, "MOST_BYTES", 400_000)
        for turn in range(6):
            path.write_text(TEXT + f"{turn},2020-01-01,x,1,,2\n")
            read(path)
            newest = max(small.glob("tables/*/sheet.json"), key=lambda kept: kept.stat().st_mtime_ns)
        entries = [entry for entry in (small / "tables").iterdir() if entry.is_dir()]
        assert 1 <= len(entries) < 6
        assert newest.parent in entries

    @pytest.mark.usefixtures("small")
    def test_processes_that_read_at_once_all_get_it(self, path):
        code = (
            "import sys; from pathlib import Path; from engine.data.formats import csv_file, shelf\n"
            "shelf.LEAST_BYTES = 0\n"
            "print(csv_file.read(Path(sys.argv[1])).columns[0].values.sum())"
        )
        started = [
            subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, env=os.environ.copy())
            for _ in range(4)
        ]
        said = [process.communicate(timeout=60)[0] for process in started]
        assert len(set(said)) == 1
        assert float(said[0]) == pytest.approx(sum(float(f"{row * 0.37:.3f}") for row in range(3_000)))


class TestPictures:
    @pytest.fixture
    def folder(self, small, monkeypatch):
        monkeypatch.setattr(idx, "LEAST_BYTES", 0)
        return folder_of(small.parent / "pictures", some(30), some(10, seed=1), packed=True)

    def seen(self, folder):
        found = idx.read(folder)
        return found.features.tobytes(), found.targets.tolist(), found.image_shape, found.test_rows, found.feature_names

    def test_packed_ones_are_unpacked_once(self, folder, monkeypatch):
        first = self.seen(folder)
        monkeypatch.setattr(idx, "_unpacked", None)
        assert self.seen(folder) == first

    def test_others_in_their_place_are_another_entry(self, folder):
        first = self.seen(folder)
        folder_of(folder, some(30, seed=2), some(10, seed=1), packed=True)
        assert self.seen(folder) != first

    @pytest.mark.parametrize("name", ["features.u1", "labels.u1", "pictures.json"])
    @pytest.mark.parametrize("content", [b"", b"other"])
    def test_a_damaged_entry_is_made_anew(self, folder, small, name, content):
        first = self.seen(folder)
        (entry,) = [entry for entry in (small / "tables").iterdir() if entry.is_dir()]
        (entry / name).write_bytes(content)
        assert self.seen(folder) == first

    def test_plain_ones_are_not_kept(self, tmp_path, small, monkeypatch):
        monkeypatch.setattr(idx, "LEAST_BYTES", 0)
        idx.read(folder_of(tmp_path / "plain", some(30)))
        assert not (small / "tables").exists()


@pytest.mark.parametrize("how", ["rewritten", "gone", "longer", "shorter", "no text"])
@pytest.mark.usefixtures("small")
def test_a_file_that_changes_while_it_is_read_is_no_table(path, monkeypatch, how):
    before = path.read_text()
    look = csv_file.look

    def meddling(*arguments):
        found = look(*arguments)
        if how == "gone":
            path.unlink()
        else:
            texts = {"rewritten": before.replace("x", "q"), "longer": before + "1,2020-01-01,x,2,,3\n"}
            texts |= {"shorter": before[: len(before) // 2], "no text": before.replace("x", "\u00e9")}
            path.write_bytes(texts[how].encode("latin-1" if how == "no text" else "utf-8"))
        return found

    monkeypatch.setattr(csv_file, "look", meddling)
    with pytest.raises(LabError, match="has changed while it was read"):
        read(path)
    monkeypatch.setattr(csv_file, "look", look)
    path.write_text(before)
    assert read(path).columns[2].vocabulary == ("x", "y", "z")


def test_a_file_that_cannot_be_read_is_one_line():
    with pytest.raises(LabError, match="/proc/self/mem: cannot be read"):
        read(csv_file.Path("/proc/self/mem"))


def test_a_disk_without_room_is_said(path, small, monkeypatch):
    class Full:
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            pass

    monkeypatch.setattr(numbers.Writer, "_opened", lambda _: Full())
    with pytest.raises(LabError, match="cannot be put aside: No space left on device") as error:
        read(path)
    assert "LOSSBOOK_CACHE" in error.value.hint


def test_the_share_that_is_read_grows_to_all(path, small):
    path.write_text(TEXT + TEXT.partition("\n")[2] * 20)
    for _ in range(2):
        shares = []
        read(path, progress=shares.append)
        assert shares == sorted(shares)
        assert shares[-1] == 1
        assert len(shares) <= 210
    told = []
    experiment = Experiment(Data(OwnFile(str(path), missing="mean")))
    job = Train(tables.to_tables(experiment), plan(experiment))
    next(work(job, queue.SimpleQueue(), told.append))
    assert told[-1] == 1
