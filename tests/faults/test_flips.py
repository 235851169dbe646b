"""Pieces of a journal, flipped bits of every file: no traceback, and nothing changed passes for what it was."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest
from making import study

from engine import tables
from engine.errors import LabError
from engine.events import EpochEnded, StudyEnded, StudyStarted
from engine.plan import plan
from sessions import codec, journal
from sessions.archive import read_weights
from sessions.beside import journal_of
from sessions.page import Page
from sessions.record import fold
from sessions.recorder import Recorder
from sessions.store import Store
from tui.cli import main

SEED = 20261127
SMALL = {
    "data": {"name": "wine"},
    "model": {"hidden": [3]},
    "training": {"epochs": 5},
    "validation": {"method": "k-fold", "k": 2, "refit": False},
}
ENDED = {"finished", "stopped", "diverged", "failed"}


class Saved:
    """A folder with a page that is whole, and one as a kill left it, with its journal."""

    def __init__(self, folder):
        experiment = tables.from_tables(SMALL)
        specs = plan(experiment)
        labels = tuple(spec.label for spec in specs)
        folds = tuple(spec.fold for spec in specs)
        started = StudyStarted(labels, (1, 1), (1, 1), folds, 5, ({},), (0, 0))
        self.said = [started, *study(experiment)[1], StudyEnded("finished")]
        self.store = Store(folder)
        now = datetime(2026, 11, 22, 10, 15)
        whole = Recorder(self.store, Page(experiment, "Whole", notes="looks\ngood"), now, lambda: 0.0)
        whole.take(self.said)
        assert whole.finish()
        self.whole = whole.path
        self.page = codec.read_page(self.whole)
        left = Recorder(self.store, Page(experiment, "Left"), now, lambda: 0.0)
        left.take(self.said)
        left._journal.close()
        self.left = left.path
        self.contents = {path: path.read_bytes() for path in folder.iterdir()}

    def restore(self):
        """Have every file as it was."""
        for path in self.store.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path, content in self.contents.items():
            path.write_bytes(content)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return Saved(tmp_path_factory.mktemp("flips") / "pages")


def flipped(content, chance, start=0):
    """Return content with one bit changed, from a byte on."""
    changed = bytearray(content)
    changed[chance.randrange(start, len(content))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def call(capsys, *arguments):
    """Run a command in this process; what it says must be no traceback, whatever it says."""
    status = main([*map(str, arguments)])
    said = capsys.readouterr()
    assert status in {0, 1, 2}
    assert "Traceback" not in said.err
    return status, said.out, said.err


def look_at_all(capsys, saved, path):
    """List, show and replay."""
    folder = ("--sessions", saved.store.folder)
    assert call(capsys, *folder, "list")[0] == 0
    call(capsys, *folder, "show", path)
    call(capsys, *folder, "show", path, "--json")
    call(capsys, *folder, "replay", "--plain", "--speed", 10_000, path)


def is_beginning(record, whole):
    """Tell whether a record is the whole one as it stood at some moment."""
    for run, full in zip(record.runs, whole.runs, strict=False):
        for name in ("train_curves", "validation_curves"):
            for key, curve in getattr(run, name).items():
                known = dict(getattr(full, name)[key])
                if any(known.get(epoch) != value for epoch, value in curve):
                    return False
        if run.status in ENDED and (run.status, run.train, run.validation) != (
            full.status,
            full.train,
            full.validation,
        ):
            return False
    return len(record.runs) <= len(whole.runs)


# --- the journal ------------------------------------------------------------------------------------------------------


def recover_from(saved, content, capsys):
    """Recover from a journal; return what was said and the page, None where it stays as it was for a reason told."""
    saved.restore()
    journal_of(saved.left).write_bytes(content)
    status, _, said = call(capsys, "--sessions", saved.store.folder, "list")
    assert status == 0
    record = codec.read_page(saved.left).record
    assert is_beginning(record, fold(saved.said))
    return said, record


def test_every_prefix_of_a_journal_is_recovered(saved, capsys):
    content = saved.contents[journal_of(saved.left)]
    ends = [place + 1 for place, byte in enumerate(content) if byte == ord("\n")]
    lengths = {*range(0, len(content), 997), *ends, *(end - 1 for end in ends), 0}
    for length in sorted(lengths):
        said, record = recover_from(saved, content[:length], capsys)
        assert "recovered to epoch" in said
        whole = content[:length].count(b"\n")
        assert [run.epoch for run in record.runs] == [run.epoch for run in fold(saved.said[:whole]).runs]
        assert ("could not be read" in said) == (length not in {0, *ends})


@pytest.mark.slow
def test_each_prefix_of_a_journal_reads_as_a_beginning(saved, tmp_path):
    content = saved.contents[journal_of(saved.left)]
    path = tmp_path / "x.journal"
    whole = [repr(event) for event in saved.said]
    for length in range(len(content) + 1):
        path.write_bytes(content[:length])
        events = [repr(event) for event in journal.read(path)]
        assert events == whole[: content[:length].count(b"\n")]
        unread = length - (content[:length].rfind(b"\n") + 1)
        assert bool(journal.hear(path).unread) == bool(unread)
        assert not journal.hear(path).is_damaged
    print(f"{len(content) + 1:,} prefixes")


def test_each_line_of_a_journal_may_be_lost_and_costs_no_other(saved, capsys):
    """True values at true epochs, the damaged journal kept, and the page one that every command takes."""
    lines = saved.contents[journal_of(saved.left)].splitlines(keepends=True)
    for number, event in enumerate(saved.said):
        damaged = lines[number][:-9] + b"?" + lines[number][-8:]
        content = b"".join([*lines[:number], damaged, *lines[number + 1 :]])
        said, record = recover_from(saved, content, capsys)
        assert "recovered to epoch 5; the journal was damaged: 1 line could not be read" in said
        assert f"the damaged journal is damaged/{saved.left.stem}.journal.1" in said
        assert (saved.left.parent / "damaged" / f"{saved.left.stem}.journal.1").read_bytes() == content
        assert not codec.read_page(saved.left).warning
        whole = fold(saved.said)
        assert [run.label for run in record.runs] == [run.label for run in whole.runs]
        for run, full in zip(record.runs, whole.runs, strict=True):
            for name, curve in full.train_curves.items():
                lost = {event.epoch} if isinstance(event, EpochEnded) else set()
                assert list(run.train_curves[name]) == [point for point in curve if point[0] not in lost]
        look_at_all(capsys, saved, saved.left)


def flip_journals(saved, capsys, times, seed):
    content = saved.contents[journal_of(saved.left)]
    outcomes = Counter()
    for number in range(times):
        said, record = recover_from(saved, flipped(content, random.Random(f"{seed}-{number}")), capsys)
        if record == fold(saved.said):
            outcomes["whole"] += 1
        else:
            assert "could not be re" in said, f"seed {seed}-{number}: a damaged journal without a word"
            outcomes["told"] += 1
    return outcomes


# --- the page ---------------------------------------------------------------------------------------------------------


def flip_pages(saved, capsys, times, seed, start, every=8):
    content = saved.contents[saved.whole]
    saved.restore()
    outcomes = Counter()
    for number in range(times):
        saved.whole.write_bytes(flipped(content, random.Random(f"{seed}-{number}"), start))
        try:
            page = codec.read_page(saved.whole)
        except LabError:
            outcomes["refused"] += 1
        else:
            same = page == saved.page
            assert same or page.warning, f"seed {seed}-{number}: a page that has changed without a word"
            outcomes["equal" if same else "warned"] += 1
        if number % every == 0:
            look_at_all(capsys, saved, saved.whole)
    return outcomes


def start_of_record(saved):
    return saved.contents[saved.whole].index(b"\n[record]\n") + 1


# --- the weights ------------------------------------------------------------------------------------------------------


def flip_weights(saved, times, seed):
    path = saved.whole.with_suffix(".npz")
    content = saved.contents[path]
    saved.restore()
    expected = [read_weights(saved.whole, run) for run in (0, 1)]
    outcomes = Counter()
    for number in range(times):
        path.write_bytes(flipped(content, random.Random(f"{seed}-{number}")))
        for run in (0, 1):
            try:
                found = read_weights(saved.whole, run)
            except LabError:
                outcomes["refused"] += 1
            else:
                assert found == expected[run], f"seed {seed}-{number}: weights that have changed"
                outcomes["equal"] += 1
    return outcomes


def told(outcomes):
    return ", ".join(f"{count:,} {what}" for what, count in sorted(outcomes.items()))


def test_flipped_bits_are_noticed(saved, capsys):
    flip_journals(saved, capsys, 100, SEED)
    flip_pages(saved, capsys, 100, SEED, start_of_record(saved))
    flip_weights(saved, 100, SEED)


@pytest.mark.slow
def test_ten_thousand_flipped_bits_are_noticed(saved, capsys):
    figures = {
        "journals": flip_journals(saved, capsys, 3_334, SEED + 1),
        "records": flip_pages(saved, capsys, 3_333, SEED + 1, start_of_record(saved)),
        "weights, two runs each": flip_weights(saved, 3_333, SEED + 1),
    }
    with capsys.disabled():
        for what, outcomes in figures.items():
            print(f"\n{what}: {told(outcomes)}", end="")


def test_flipped_bits_above_the_record_change_nothing_silently_but_words(saved):
    """What a person writes on a page is theirs to change by hand, so a change of it is no damage that could be told."""
    content = saved.contents[saved.whole]
    saved.restore()
    head, record = content[: start_of_record(saved)], content[start_of_record(saved) :]
    for number in range(200):
        saved.whole.write_bytes(flipped(head, random.Random(f"{SEED}-{number}")) + record)
        try:
            page = codec.read_page(saved.whole)
        except LabError:
            continue
        theirs = {"title": page.title, "notes": page.notes, "created": page.created, "tags": page.tags}
        assert page.warning or page == replace(saved.page, **theirs), f"seed {SEED}-{number}: changed without a word"


def test_flipped_bits_above_the_record_end_nothing(saved, capsys):
    content = saved.contents[saved.whole]
    saved.restore()
    for number in range(40):
        chance = random.Random(f"{SEED}-{number}")
        saved.whole.write_bytes(flipped(content[: start_of_record(saved)], chance) + content[start_of_record(saved) :])
        look_at_all(capsys, saved, saved.whole)
