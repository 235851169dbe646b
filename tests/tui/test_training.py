"""A study in the app: from the first epoch to the saved page, held, stepped, stopped."""

from __future__ import annotations

import os
import signal
import threading
import time

from notebook import ENDLESS, LONG, SMALL, pages_in, play

from engine import tables
from sessions.recorder import Recorder


def test_a_study_runs_to_its_end_and_its_page_is_saved(tmp_path):
    async def scene(lab):
        assert "press r to train" in lab.text
        for key in "psx":
            lab.app.screen.hint("before")
            await lab.press(key)
            await lab.until(lambda: "nothing trains: r starts" in lab.hint)
        await lab.press("r")
        await lab.until_over()
        await lab.until_shown("✓ finished", "refit", "mean ± sd", "finished · page wine-8-relu")
        assert "── train" in lab.text
        assert "╌╌ validation" in lab.text
        assert "bold: mean of 3 folds" in lab.text
        assert any(0x2800 < ord(character) <= 0x28FF for character in lab.text), "no curve is drawn"
        for fold in (1, 2, 3):
            row = next(line for line in lab.text.splitlines() if f"fold {fold}/3" in line)
            assert "20/20" in row
        assert lab.notices == []
        await log_and_metric_change_what_is_drawn(lab)

    play(scene, tmp_path, draft=SMALL)
    (page,) = pages_in(tmp_path)
    assert page.experiment == tables.from_tables(SMALL)
    assert page.record.status == "finished"
    assert [run.role for run in page.record.runs] == ["candidate"] * 3 + ["refit"]
    assert all(len(run.train_curves["loss"]) == run.epochs for run in page.record.runs)
    assert not list(tmp_path.glob("*.journal"))


async def log_and_metric_change_what_is_drawn(lab):
    stage = lab.app.screen._stage
    drawn = [stage.plot.text]
    for _ in range(4):
        await lab.press("l")
        await lab.settle()
        drawn.append(stage.plot.text)
    assert drawn[1] == drawn[3]
    assert drawn[2] == drawn[4]
    assert drawn[1] != drawn[2]
    seen = []
    for _ in range(4):
        await lab.press("m")
        await lab.settle()
        seen.append(lab.hint)
    assert "drawn: accuracy" in seen
    assert "drawn: loss" in seen


def test_pause_holds_and_goes_on_where_it_was(tmp_path):
    def epochs(lab):
        return [run.epoch for run in lab.controller.record.runs]

    async def scene(lab):
        await lab.press("r")
        await lab.until_training(which=all)
        await lab.press("p")
        await lab.until_paused()
        held = epochs(lab)
        await lab.pilot.pause(0.5)
        assert epochs(lab) == held
        await lab.press("p")
        await lab.until_training(max(held) + 1, which=all)
        await lab.press("space")
        await lab.until_paused()
        held = epochs(lab)
        await lab.press("r")
        await lab.until_training(max(held) + 1, which=all)
        await lab.press("x")
        await lab.until_over()
        assert lab.controller.record.status == "stopped"

    play(scene, tmp_path, draft=LONG)


def test_a_step_is_one_epoch(tmp_path):
    async def scene(lab):
        await lab.press("r")
        await lab.until_training(which=all)
        await lab.press("p")
        await lab.until_paused()
        before = [run.epoch for run in lab.controller.record.runs]
        for step in (1, 2):
            await lab.press("s")
            wanted = [epoch + step for epoch in before]
            await lab.until(lambda wanted=wanted: [run.epoch for run in lab.controller.record.runs] == wanted, wanted)
            await lab.until_paused()
        await lab.pilot.pause(0.3)
        assert [run.epoch for run in lab.controller.record.runs] == wanted
        await lab.press("x")
        await lab.until_over()

    play(scene, tmp_path, draft=LONG)


def test_only_one_study_trains_and_a_stop_keeps_what_it_has_learned(tmp_path):
    async def scene(lab):
        await lab.press("r")
        await lab.until_training(2)
        path = lab.controller.path
        await lab.press("r")
        await lab.until(lambda: "a study trains already" in lab.hint)
        await lab.press("c")
        await lab.until(lambda: "a study trains" in lab.hint and "stop it first" in lab.hint)
        await lab.press("v")
        await lab.until(lambda: "no finished study" in lab.hint)
        assert lab.controller.path == path
        assert lab.controller.trains
        await lab.press("x")
        await lab.until_over()
        await lab.until_shown("■ stopped")

    play(scene, tmp_path, draft=LONG)
    (page,) = pages_in(tmp_path)
    assert page.record.status == "stopped"
    assert len(page.record.runs) == 3, "a stopped study has no refit"
    for run in page.record.runs:
        assert run.status == "stopped"
        assert 0 <= run.epoch < ENDLESS
        assert len(run.train_curves.get("loss", ())) == run.epoch
    assert max(run.epoch for run in page.record.runs) >= 2


def test_a_diverging_study_says_so_and_is_kept(tmp_path):
    training = {"optimizer": "sgd", "learning_rate": 1e5, "epochs": 50}
    draft = {"data": {"name": "births", "lags": 7}, "model": {"hidden": [16]}, "training": training}

    async def scene(lab):
        await lab.press("r")
        await lab.until_over()
        await lab.until_shown("✗ diverged")
        await lab.until(lambda: any("no longer a number" in notice for notice in lab.notices))

    play(scene, tmp_path, draft=draft)
    assert pages_in(tmp_path)[0].record.status == "diverged"


def test_an_experiment_that_cannot_be_is_refused_and_leaves_no_page(tmp_path):
    draft = {"data": {"name": "wine", "lags": 3}}

    async def scene(lab):
        await lab.press("r")
        await lab.until(lambda: any("data.lags" in notice for notice in lab.notices))
        await lab.until(lambda: not lab.controller.trains)
        assert lab.controller.page is None
        await lab.take(SMALL)
        await lab.press("r")
        await lab.until_over()
        assert lab.controller.record.status == "finished"

    play(scene, tmp_path, draft=draft)
    assert len(pages_in(tmp_path)) == 1


def test_a_worker_killed_twice_is_told_and_the_notebook_goes_on(tmp_path):
    async def scene(lab):
        await lab.press("r")
        await lab.until_training()
        os.kill(lab.controller._pool.worker_of(0), signal.SIGKILL)
        await lab.until(lambda: lab.controller.record.runs[0].again)
        await lab.until_training()
        await lab.until(lambda: lab.controller._pool.worker_of(0))
        os.kill(lab.controller._pool.worker_of(0), signal.SIGKILL)
        await lab.until_shown("✗ failed")
        await lab.press("x")
        await lab.until_over()
        await lab.until(lambda: any("SIGKILL" in notice for notice in lab.notices))
        await lab.take(SMALL)
        await lab.press("r")
        await lab.until(lambda: lab.controller.record.status == "finished")

    play(scene, tmp_path, draft=LONG)
    assert sorted(page.record.status for page in pages_in(tmp_path)) == ["finished", "stopped"]


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_lost_from_the_screen(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    async def scene(lab):
        monkeypatch.setattr("sessions.files._write_through", full)
        await lab.press("r")
        await lab.until_over()
        await lab.until(lambda: any("No space left" in notice for notice in lab.notices))
        assert lab.controller.record.status == "finished"
        await lab.press("ctrl+s")
        await lab.until(lambda: sum("No space left" in notice for notice in lab.notices) > 1)
        monkeypatch.undo()
        await lab.press("ctrl+s")
        await lab.until(lambda: "saved" in lab.hint)

    play(scene, tmp_path, draft=SMALL)
    assert pages_in(tmp_path)[0].record.status == "finished"


def test_a_page_is_saved_between_the_end_of_its_study_and_its_return_to_the_lab(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    def slow(recorder, **options):
        saved = finish(recorder, **options)
        begun.set()
        go_on.wait(10)
        return saved

    async def scene(lab):
        finish_was = Recorder.finish
        with monkeypatch.context() as patch:
            patch.setattr("sessions.files._write_through", full)
            patch.setattr(Recorder, "finish", slow)
            await lab.press("r")
            await lab.until(begun.is_set)
            await lab.press("ctrl+s")
            await lab.until(lambda: sum("No space left" in notice for notice in lab.notices) > 1)
        assert Recorder.finish is finish_was
        await lab.press("n", "x", "escape", "ctrl+s")
        await lab.until(lambda: lab.hint.startswith("saved"))
        go_on.set()
        await lab.until(lambda: not lab.controller.trains and lab.controller._recorder is None)
        await lab.press("n", "y", "escape", "ctrl+s")
        await lab.until(lambda: not lab.controller._unsaved_notes)
        assert lab.hint.startswith("saved")
        assert not any("is being" in notice for notice in lab.notices)

    finish, begun, go_on = Recorder.finish, threading.Event(), threading.Event()
    play(scene, tmp_path, draft=SMALL)
    (page,) = pages_in(tmp_path)
    assert (page.record.status, sorted(page.notes)) == ("finished", ["x", "y"])
    assert not list(tmp_path.glob("*.lock"))


def test_a_page_is_saved_while_its_study_comes_to_its_end(tmp_path, monkeypatch):
    async def scene(lab):
        def slow(recorder, **options):
            begun.set()
            time.sleep(0.3)
            return finish(recorder, **options)

        finish, begun = Recorder.finish, threading.Event()
        monkeypatch.setattr(Recorder, "finish", slow)
        await lab.press("r")
        await lab.until(begun.is_set)
        save = Recorder.save

        def closed_meanwhile(recorder):
            lab.controller._recorder = None
            return save(recorder)

        monkeypatch.setattr(Recorder, "save", closed_meanwhile)
        await lab.press("n", "x", "escape", "ctrl+s")
        await lab.until(lambda: lab.hint.startswith("saved"))
        await lab.until(lambda: not lab.controller.trains)

    play(scene, tmp_path, draft=SMALL)
    assert [page.record.status for page in pages_in(tmp_path)] == ["finished"]


def test_leaving_while_a_study_trains_asks_first(tmp_path):
    async def scene(lab):
        await lab.press("r")
        await lab.until_training()
        await lab.press("q")
        await lab.until(lambda: any("press q again" in notice for notice in lab.notices))
        assert lab.app.is_running
        await lab.press("q")
        await lab.until(lambda: lab.app._exit)

    play(scene, tmp_path, draft=LONG)
    (page,) = pages_in(tmp_path)
    assert page.record.status == "interrupted"
    assert any(run.epoch for run in page.record.runs)
    assert not list(tmp_path.glob("*.journal"))


def test_what_a_killed_notebook_left_is_brought_up_to_its_journal(tmp_path):
    async def first(lab):
        await lab.press("r")
        await lab.until_training(2)
        # As after SIGKILL: nothing is saved, nothing closed.
        recorder = lab.controller._recorder
        lab.controller._recorder = None
        (journal,) = tmp_path.glob("*.journal")
        kept.append((journal, journal.read_bytes(), recorder.path, recorder.path.read_bytes()))

    async def second(lab):
        await lab.until(lambda: any("recovered to epoch" in notice for notice in lab.notices))

    kept = []
    play(first, tmp_path, draft=LONG)
    ((journal, events, path, page),) = kept
    journal.write_bytes(events)
    path.write_bytes(page)
    play(second, tmp_path)
    assert not journal.exists()
    (page,) = pages_in(tmp_path)
    assert page.record.status == "interrupted"
    assert max(run.epoch for run in page.record.runs) >= 2
