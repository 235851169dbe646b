"""The moments of a study that are worth going to."""

from __future__ import annotations

import pytest

from engine.events import Branched
from sessions.curve import Curve
from sessions.moments import by_hand, moments_of
from sessions.record import Intervention, Record, RunRecord

CURVE = {"loss": Curve(range(1, 21), range(20))}


def run(label="fold", **fields):
    usual = {"status": "finished", "epoch": 20, "epochs": 20, "updates_per_epoch": 10, "train_curves": CURVE}
    return RunRecord(label, **usual | fields)


def said(record, notes=""):
    return [(one.epoch, one.letter, one.says, one.role) for one in moments_of(record, notes)]


def test_best_epochs_are_those_of_each_run_and_shared_ones_are_one_moment():
    folds = [run(f"fold {n}/4", best_epoch=best, validation_curves=CURVE) for n, best in enumerate((7, 3, 7, 9), 1)]
    assert said(Record("finished", tuple(folds))) == [
        (3, "b", "best of fold 2/4", "candidate"),
        (7, "b", "best of fold 1/4, fold 3/4", "candidate"),
        (9, "b", "best of fold 4/4", "candidate"),
    ]
    many = [run(str(n), best_epoch=5 + (n == 9), validation_curves=CURVE) for n in range(10)]
    assert said(Record("finished", tuple(many)))[0][2] == "best of 9 runs"
    assert said(Record("finished", (run(best_epoch=7),))) == []  # no validation rows: no epoch was chosen


def test_of_a_sweep_that_has_chosen_only_the_chosen_setting_counts():
    runs = tuple(run(str(n), setting=n, best_epoch=n + 5, validation_curves=CURVE) for n in range(3))
    record = Record("finished", runs, settings=({}, {}, {}), chosen=2)
    assert said(record) == [(7, "b", "best of 2", "candidate")]


def test_early_ends_divergence_and_the_refit():
    runs = (
        run("a", epoch=12),
        run("b", epoch=12),
        run("c", status="diverged", epoch=4),
        run("d", status="stopped", epoch=15),
        run("e", status="failed", epoch=2),
        run("f"),
        run("refit", role="refit", status="stopped", epoch=3),
    )
    assert said(Record("finished", runs)) == [
        (2, "x", "failed of e", "candidate"),
        (4, "x", "diverged of c", "candidate"),
        (12, "e", "stopped early of a, b", "candidate"),
        (15, "e", "stopped by hand of d", "candidate"),
        (0, "r", "the refit begins", "refit"),
        (3, "e", "stopped by hand", "refit"),
    ]


def test_what_a_person_changed_and_where_a_branch_turns():
    changes = (
        Intervention((0,), 57, "learning_rate", 0.005),
        Intervention((1,), 59, "learning_rate", 0.005),
        Intervention((0, 1), 100, "learning_rate", 0.0025),
    )
    branch = Branched("parent", (3,), ({"training.learning_rate": 0.001},))
    record = Record("finished", (run("a"), run("b")), interventions=changes, branch=branch)
    assert said(record) == [
        (3, "t", "branch: learning_rate = 0.001", "candidate"),
        (6, "c", "learning_rate → 0.005", "candidate"),
        (11, "c", "learning_rate → 0.0025", "candidate"),
    ]
    assert [one.kind for one in by_hand(record)] == ["turn", "changed", "changed"]
    corrected = (*changes[:2], Intervention((0, 1), 58, "learning_rate", 0.5))
    record = Record("finished", (run("a"), run("b")), interventions=corrected)
    assert said(record) == [(6, "c", "learning_rate → 0.5", "candidate")]
    lonely = Record("finished", (run("a"), run("b")), interventions=changes[:1])
    assert said(lonely) == [(6, "c", "learning_rate → 0.005 of a", "candidate")]


@pytest.mark.parametrize(
    ("notes", "found"),
    [
        ("epoch 12: it jumps", [(12, "it jumps")]),
        ("# title\n- Epoch 3:it falls\n@7 why?\n@ 9: a\n第 2 轮", [(3, "it falls"), (7, "why?"), (9, "a")]),
        ("@12", [(12, "a note")]),
        ("at epoch 12: no\nepoch 12 is odd\nme@12.org\n@12th", []),
        ("epoch 21: later than the last\n@99999999999999 x", []),
    ],
)
def test_lines_of_the_notes_that_name_an_epoch(notes, found):
    record = Record("finished", (run(),))
    assert [(one.epoch, one.says) for one in moments_of(record, notes) if one.kind == "note"] == found
