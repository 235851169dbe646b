"""The PyTorch script of a page: where PyTorch is installed, it reaches the page's own losses."""

from __future__ import annotations

import math
import runpy
from dataclasses import replace

import numpy as np
import pytest
from making import train
from notebook import record_of, saved_page

from engine import prepare, tables
from engine.activations import ACTIVATIONS
from engine.control import Change, Control
from engine.errors import LabError
from engine.events import StudyEnded, StudyStarted
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.plan import plan
from engine.schedules import SCHEDULES
from sessions.export import Subject, exported, write
from sessions.export.torch.script import TOLERANCE, refuse_what_does_not_map, tolerance_of
from sessions.page import Page
from sessions.record import fold
from sessions.result import result_of
from tui.cli import main
from tui.exporting import Picture

WINE = {"data": {"name": "wine"}, "model": {"hidden": [8]}, "training": {"epochs": 4, "learning_rate": 0.01}}
BIRTHS = {"data": {"name": "births", "lags": 7, "train_rows": 300}, "model": {"hidden": [6]}, "training": {"epochs": 4}}
DIGITS = {"data": {"name": "digits", "train_rows": 150}, "model": {"hidden": [8]}, "training": {"epochs": 2}}
SIGNALS = {"data": {"name": "mnist-1d", "rows": 300}, "model": {"hidden": [8]}, "training": {"epochs": 2}}


def also(draft, **changes):
    """Return a draft with more keys, table by table."""
    tables_of = {name: dict(values) for name, values in draft.items()}
    for table, values in changes.items():
        tables_of[table] = tables_of.get(table, {}) | values if isinstance(values, dict) else values
    return tables_of


def trained(**training):
    return {"training": training}


CASES = {
    **{f"activation {name}": also(WINE, model={"activation": name}) for name in ACTIVATIONS},
    **{f"loss {name}": also(WINE, **trained(loss=name)) for name in LOSSES},
    **{
        f"loss {name} of numbers": also(BIRTHS, **trained(loss=name))
        for name in LOSSES
        if not LOSSES[name].for_classes_only
    },
    "loss huber, narrow": also(BIRTHS, **trained(loss="huber", delta=0.3)),
    **{
        f"optimizer {name}": also(BIRTHS, **trained(optimizer=name)) for name in OPTIMIZERS if OPTIMIZERS[name].iterates
    },
    "nesterov without momentum": also(WINE, **trained(optimizer="nesterov", momentum=0.0)),
    **{f"schedule {name}": also(WINE, **trained(schedule=name)) for name in SCHEDULES},
    "schedule step, soon": also(WINE, **trained(schedule="step", every=2, factor=0.3)),
    **{
        f"decay with {name}": also(WINE, **trained(optimizer=name, weight_decay=0.05))
        for name in ("sgd", "adam", "adamw", "rmsprop")
    },
    "l1": also(WINE, **trained(l1=0.01)),
    "l1 with adamw and decay": also(WINE, **trained(optimizer="adamw", l1=0.01, weight_decay=0.1)),
    "clip": also(WINE, **trained(optimizer="sgd", clip=0.1, weight_decay=0.01)),
    "longest weights": also(WINE, **trained(max_norm=0.5)),
    "longest weights of filters": also(DIGITS, model={"convolution": [3]}, **trained(max_norm=0.4)),
    "sum": also(WINE, **trained(reduction="sum", optimizer="sgd", learning_rate=1e-3)),
    "batch of all": also(WINE, **trained(batch_size="all")),
    "small batches": also(WINE, **trained(batch_size=7)),
    "linear": also(BIRTHS, model={"hidden": []}),
    "layer normalization": also(WINE, model={"normalization": "layer"}),
    "batch normalization": also(WINE, model={"normalization": "batch"}),
    "batch normalization, sgd": also(WINE, model={"normalization": "batch"}, **trained(optimizer="nesterov")),
    "residual": also(WINE, model={"hidden": [8, 8, 8], "residual": True, "normalization": "layer"}),
    "convolution in a line": also(SIGNALS, model={"convolution": [3, 4]}),
    "convolution of pictures": also(DIGITS, model={"convolution": [3, 3], "residual": True}),
    "filters, layer normalization": also(SIGNALS, model={"convolution": [3], "normalization": "layer"}),
    "filters, batch normalization": also(DIGITS, model={"convolution": [3], "normalization": "batch"}),
    "lags": also(BIRTHS, model={"convolution": [4]}),
    "random features": also(BIRTHS, data={"random_features": 20}),
    "not standardized": also(BIRTHS, data={"standardize": False}),
    "powers": also(BIRTHS, data={"polynomial": 2}),
    "logarithm": also(BIRTHS, data={"target_transform": "log"}),
    "several outputs": also(WINE, data={"target": ["ash", "hue"]}),
    "wrong labels": also(WINE, data={"label_noise": 0.2}),
    "words and gaps": also(WINE, data={"name": "penguins", "missing": "mean"}),
    "early stopping": also(WINE, **trained(epochs=60, learning_rate=0.1, early_stopping={"patience": 3})),
    "no validation": also(WINE, validation={"method": "none"}),
    "many layers, all at once": also(
        WINE,
        model={"hidden": [8, 8, 8], "residual": True, "activation": "gelu"},
        training={"weight_decay": 0.01, "l1": 0.001, "clip": 1.0, "max_norm": 2.0, "schedule": "one-cycle"},
    ),
}


def page_of(draft, record=None):
    experiment = tables.from_tables(draft)
    return Page(experiment, title='a """page""" \\', record=record or record_of(experiment))


def script_of(page, folder, run=None):
    form, made = exported(Subject(folder / 'x"""\\.toml', page, Picture(), run=run), "pytorch")
    path, _ = write(form, made, folder / "script.py")
    return path


def ran(path):
    """Run a script and return what it has found, its exit status among it."""
    try:
        return runpy.run_path(str(path)) | {"status": 0}
    except SystemExit as error:
        frame = error.__traceback__
        while frame.tb_next is not None:
            frame = frame.tb_next
        return frame.tb_frame.f_globals | {"status": int(error.code)}


@pytest.mark.parametrize("name", CASES)
def test_the_script_reaches_the_losses_of_the_page(name, tmp_path):
    pytest.importorskip("torch")
    page = page_of(CASES[name])
    found = ran(script_of(page, tmp_path))
    run = page.record.runs[result_of(page)]
    for part in ("train", "validation", "test"):
        if (known := getattr(run, part)) is not None:
            assert math.isclose(found["losses"][part], known["loss"], rel_tol=tolerance_of(page.experiment)), part
    assert found["epoch"] == run.epoch
    assert found["update"] == run.updates
    assert found["status"] == 0


def test_a_changed_learning_rate_is_repeated(tmp_path):
    pytest.importorskip("torch")
    experiment = tables.from_tables(WINE)
    specs = plan(experiment)
    feed, jobs = prepare.read_one(experiment, specs)
    control = Control()
    control.inbox.put(Change("learning_rate", 0.002))
    begun = StudyStarted(("run",), (1,), (1,), (1,), experiment.training.epochs)
    page = page_of(WINE, fold([begun, *train(jobs, feed, control), StudyEnded("finished")]))
    assert page.record.interventions
    found = ran(script_of(page, tmp_path))
    assert found["losses"]["train"] == pytest.approx(page.record.runs[0].train["loss"], rel=TOLERANCE)
    assert page.record.runs[0].train["loss"] != pytest.approx(record_of(experiment).runs[0].train["loss"], rel=0.01)


@pytest.mark.parametrize("run", [None, 0, 2])
def test_folds_and_the_refit_have_scripts_of_their_own(run, tmp_path):
    pytest.importorskip("torch")
    page = page_of(also(WINE, validation={"method": "k-fold", "k": 3, "refit": False}))
    found = ran(script_of(page, tmp_path, run))
    best = min(range(3), key=lambda place: page.record.runs[place].validation["loss"])
    wanted = page.record.runs[best if run is None else run]
    assert found["RUN"] == wanted.label
    assert found["losses"]["validation"] == pytest.approx(wanted.validation["loss"], rel=TOLERANCE)


def test_a_script_says_where_it_is_not_the_same(tmp_path, capsys):
    pytest.importorskip("torch")
    page = page_of(WINE)
    run = page.record.runs[0]
    other = replace(run, train=run.train | {"loss": run.train["loss"] * 1.01})
    found = ran(script_of(replace(page, record=replace(page.record, runs=(other,))), tmp_path))
    assert found["status"] == 1
    assert "not the same" in capsys.readouterr().out


def test_dropout_differs_by_luck_and_the_script_says_so(tmp_path, capsys):
    pytest.importorskip("torch")
    page = page_of(also(WINE, model={"hidden": [64], "dropout": 0.2}, training={"epochs": 30}))
    path = script_of(page, tmp_path)
    assert "as two trainings with different luck do" in " ".join(path.read_text().split())
    found = ran(path)
    assert found["status"] == 0
    assert found["losses"]["validation"] == pytest.approx(page.record.runs[0].validation["loss"], rel=0.5, abs=0.05)
    assert "that is luck" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("draft", "key"),
    [
        (also(WINE, **trained(augment=["noise"])), "training.augment"),
        ({"data": {"name": "births", "lags": 7}, "training": {"optimizer": "closed-form"}}, "training.optimizer"),
    ],
)
def test_what_does_not_map_is_refused_by_its_key(draft, key):
    with pytest.raises(LabError) as caught:
        refuse_what_does_not_map(tables.from_tables(draft))
    assert caught.value.key == key


def test_every_loss_schedule_and_optimizer_is_mapped_or_refused():
    known = {
        name.split(" ", 1)[1] for name in CASES if name.startswith(("optimizer", "loss", "schedule", "activation"))
    }
    assert known >= {*LOSSES, *SCHEDULES, *ACTIVATIONS, *OPTIMIZERS} - {"closed-form"}


def test_the_archive_holds_raw_rows_without_objects(tmp_path):
    page = page_of(WINE)
    script_of(page, tmp_path)
    with np.load(tmp_path / "script.data.npz", allow_pickle=False) as data:
        arrays = dict(data)
    feed, (job,) = prepare.read_one(page.experiment, plan(page.experiment))
    assert arrays["train_inputs"].shape == (len(job.train), 13)
    raw = feed.dataset.inputs[job.train].astype(np.float64) + feed.dataset.centre
    np.testing.assert_allclose(arrays["train_inputs"], raw, rtol=1e-12)
    assert 11 < arrays["train_inputs"][:, 0].mean() < 15  # per cent of alcohol
    assert "test_inputs" in arrays


def test_neither_file_is_replaced_and_none_is_half_there(tmp_path):
    page = page_of(WINE)
    (tmp_path / "script.data.npz").write_bytes(b"mine")
    with pytest.raises(LabError, match="is there already"):
        script_of(page, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["script.data.npz"]


def test_runs_that_did_not_finish_and_runs_that_there_are_not_are_refused(tmp_path):
    page = page_of(WINE)
    stopped = replace(page.record.runs[0], status="stopped")
    with pytest.raises(LabError, match="is stopped"):
        script_of(replace(page, record=replace(page.record, runs=(stopped,))), tmp_path)
    with pytest.raises(LabError, match="there is no run 8"):
        script_of(page, tmp_path, run=7)
    assert not [*tmp_path.iterdir()]


def test_standard_output_holds_one_file(tmp_path, capsys):
    assert main(["export", str(saved_page(tmp_path, "mine")), "--to", "pytorch"]) == 2
    assert "--out mine.py" in capsys.readouterr().err
