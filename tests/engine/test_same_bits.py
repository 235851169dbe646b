"""Bit for bit: a run is the same alone, in any stack, order and share, and paused or changed at any moment."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import bits_by_run, dataset, ended, instances, train

from engine import batches, events, prepare, trainer
from engine.activations import ACTIVATIONS
from engine.batches import Feed
from engine.control import Change, Control, Look, Pause, Resume, Step, Stop
from engine.course import STOP, Course
from engine.data.sources import Circles, Digits, Line, Wine
from engine.events import Changed, Checkpoint, EpochEnded, Paused, Resumed, Seen
from engine.experiment import Data, EarlyStopping, Experiment, Model, Training, ValidationPlan
from engine.initializations import INITIALIZATIONS, Normal, Zeros
from engine.jobs import Job
from engine.jobs import stacks as jobs_in_stacks
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS, Adam, Momentum, Sgd
from engine.plan import plan
from engine.results import unpacked
from engine.schedules import SCHEDULES
from engine.sharing import share_out
from engine.stack import Stack
from engine.trainer import Trainer
from engine.validations import KFold


@pytest.fixture(autouse=True)
def _checkpoints_at_any_price(monkeypatch):
    monkeypatch.setattr(trainer, "CHECKPOINT_SHARE", 0)


def calm(optimizer):
    """The same optimizer with a learning rate at which most networks stay finite."""
    return replace(optimizer, learning_rate=10 ** (-1 - math.log10(1 + optimizer.learning_rate) / 3))


KINDS = {
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "optimizer": {name: OPTIMIZERS[name] for name in OPTIMIZERS if OPTIMIZERS[name].iterates},
    "schedule": SCHEDULES,
    "initialization": INITIALIZATIONS,
}
LAYER_SETTINGS = {
    "batch": {"normalization": "batch"},
    "layer": {"normalization": "layer"},
    "dropout": {"dropout": 0.3},
    "residual": {"residual": True, "hidden": (6, 6)},
    "convolution": {"convolution": (3, 3), "residual": True, "normalization": "batch"},
    "random-features": {"random_features": 9},
}
CASES = [(kind, name) for kind, registry in KINDS.items() for name in registry]
CASES += [("layer", name) for name in LAYER_SETTINGS]
CASES += [("augmentation", name) for name in ("shift", "noise", "flip")]
POSITIVE = st.floats(0.001, 3)


@st.composite
def stacks(draw, kind, name):
    """Return (feed, jobs): runs of one shape with rows, seeds and numbers of their own, with one thing given."""
    said = {kind: draw(st.sampled_from(list(registry))) for kind, registry in KINDS.items()} | {kind: name}
    layer = LAYER_SETTINGS.get(said.get("layer") or draw(st.sampled_from([None, *LAYER_SETTINGS])), {})
    loss = LOSSES[said["loss"]]()
    classes = loss.for_classes_only or draw(st.booleans())
    features = draw(st.integers(1, 13))
    outputs = draw(st.integers(2, 11)) if classes else draw(st.integers(1, 3))
    rows = draw(st.integers(8, 40))
    train_rows, validation_rows = draw(st.integers(1, rows - 3)), draw(st.integers(0, 2))
    size = draw(st.one_of(st.just("all"), st.just(1), st.integers(1, train_rows + 2)))
    hidden = layer.get("hidden") or draw(st.sampled_from([(), (1,), (3,), (8,), (17,), (5, 4), (16, 33)]))
    data = replace(dataset(rows, features, outputs, classes, seed=draw(st.integers(0, 9))), grid=(features,))
    feed = Feed(data)
    there = {key: draw(st.booleans()) for key in ("weight_decay", "l1", "clip", "max_norm")}
    patience = draw(st.booleans()) and validation_rows > 0
    reduction = draw(st.sampled_from(["mean", "sum"]))
    others = draw(st.sampled_from([(), (), ("noise", "shift")]))
    augment = tuple(dict.fromkeys((name, *others))) if kind == "augmentation" else others
    schedule = draw(instances(SCHEDULES[said["schedule"]]))
    initialization = draw(st.none() | instances(INITIALIZATIONS[said["initialization"]]))
    jobs = []
    for index in range(draw(st.integers(2, 5))):
        chosen = draw(instances(OPTIMIZERS[said["optimizer"]]))
        training = Training(
            loss=loss,
            optimizer=draw(st.sampled_from([chosen, calm(chosen)])),
            batch_size=size,
            schedule=schedule,
            reduction=reduction,
            augment=augment,
            early_stopping=EarlyStopping(draw(st.integers(1, 3))) if patience else None,
            **{key: draw(POSITIVE) for key, is_there in there.items() if is_there},
        )
        experiment = Experiment(
            data=Data(source=Line(), standardize=draw(st.booleans()), random_features=layer.get("random_features", 0)),
            model=Model(
                hidden,
                ACTIVATIONS[said["activation"]](),
                initialization,
                dropout=draw(st.floats(0.1, 0.8)) if layer.get("dropout") and hidden else 0.0,
                normalization=layer.get("normalization", "none"),
                residual=layer.get("residual", False),
                convolution=layer.get("convolution", ()),
            ),
            training=training,
            seed=draw(st.integers(0, 3)),
        )
        # Some of them have the same rows, as restarts of a fold do.
        order = np.random.default_rng(draw(st.integers(0, 3))).permutation(rows)
        ends = (train_rows, train_rows + validation_rows)
        parts = [np.sort(part) for part in np.split(order, ends)]
        jobs.append(Job(index, experiment, *(draw(st.integers(0, 2)) for _ in range(3)), 3, *parts))
    return feed, jobs


def alone(jobs, feed):
    return {index: said for job in jobs for index, said in bits_by_run(train([job], feed)).items()}


def heeding(jobs, feed, script, answers=()):
    """Train with `{updates so far: commands}`; each time all is held the next answer comes, at last a resume."""
    stack, control = Stack(jobs, feed), Control()
    ordinary, script, waiting, said = stack.batches.epoch, dict(script), list(answers), []

    def watched(rngs):
        for batch in ordinary(rngs):
            for command in script.pop(stack.update, ()):
                control.heed(command)
            yield batch

    stack.batches.epoch = watched
    with np.errstate(all="ignore"):
        for event in Trainer(stack, control, lambda: 0.0).to_the_end():
            said.append(event)
            if isinstance(event, Paused):
                control.heed(waiting.pop(0) if waiting else Resume())
    return said


@pytest.mark.parametrize(("kind", "name"), CASES)
@settings(max_examples=settings.default.max_examples // 4)
@given(data=st.data())
def test_company_order_and_pauses_change_no_bit(kind, name, data):
    feed, jobs = data.draw(stacks(kind, name))
    expected = alone(jobs, feed)
    assert set(expected) == set(range(len(jobs)))

    mixed = data.draw(st.permutations(jobs))
    assert bits_by_run([e for stack in jobs_in_stacks(mixed) for e in train(stack, feed)]) == expected

    cut = data.draw(st.integers(0, len(jobs)))
    parts = [stack for part in (mixed[:cut], mixed[cut:]) for stack in jobs_in_stacks(part)]
    # Held and looked at, in the company that they have by now.
    commands = st.lists(st.sampled_from([Pause(), Step(), Resume(), Look(0)]), min_size=1, max_size=2)
    script = data.draw(st.dictionaries(st.integers(0, 40), commands, max_size=4))
    answers = data.draw(st.lists(st.sampled_from([Step(), Resume(), Pause()]), max_size=4))
    held = [event for stack in parts for event in heeding(stack, feed, script, answers)]
    assert bits_by_run(held) == expected


@pytest.mark.parametrize(("kind", "name"), CASES)
@settings(max_examples=settings.default.max_examples // 8)
@given(data=st.data())
def test_runs_go_on_from_a_checkpoint_to_the_same_bits_in_any_company(kind, name, data):
    feed, jobs = data.draw(stacks(kind, name))
    often = Course(checkpoint_seconds=1e-9)
    whole = [event for stack in jobs_in_stacks(jobs) for event in train(stack, feed, course=often)]
    expected = bits_by_run(whole)
    assert expected == alone(jobs, feed)

    said = [events.decode(events.encode(event)) for event in whole if isinstance(event, Checkpoint)]
    course = Course(tuple(data.draw(st.lists(st.sampled_from(said), max_size=4)))) if said else Course()
    in_stacks = jobs_in_stacks(data.draw(st.permutations(jobs)), start_of=course.start_of)
    gone_on = [event for stack in in_stacks for event in train(stack, feed, course=course)]
    left = {
        run: [part for part in parts if not isinstance(part[0], int) or part[0] > course.start_of(run)]
        for run, parts in expected.items()
    }
    assert bits_by_run(gone_on) == left


@settings(max_examples=settings.default.max_examples // 3)
@given(data=st.data())
def test_the_size_of_a_gathered_block_changes_no_bit(data):
    feed, jobs = data.draw(stacks("activation", "tanh"))
    expected = alone(jobs, feed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "BLOCK_BYTES", data.draw(st.sampled_from([1, 500, 3_000])))
        assert bits_by_run([e for stack in jobs_in_stacks(jobs) for e in train(stack, feed)]) == expected


EXPERIMENTS = [
    Experiment(Data(Wine()), Model((7,)), Training(epochs=3), ValidationPlan(KFold(5, repeats=2)), seed=3),
    Experiment(
        Data(Circles(rows=33)),
        Model((4, 3), ACTIVATIONS["tanh"]()),
        Training(optimizer=Momentum(), batch_size=1, epochs=2),
        ValidationPlan(KFold(4)),
        restarts=3,
    ),
    Experiment(Data(Line(rows=51)), Model(), Training(optimizer=Sgd(), batch_size=10, epochs=3), restarts=7),
    Experiment(
        Data(Digits(), train_rows=99),
        Model((32,), ACTIVATIONS["sigmoid"]()),
        Training(batch_size="all", epochs=3),
        ValidationPlan(KFold(3)),
        restarts=2,
    ),
]


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda e: type(e.data.source).__name__)
def test_shares_of_any_number_of_workers_give_the_same_bits(experiment):
    specs = plan(experiment)
    results = []
    for workers in (1, 2, 3, len(specs)):
        shares = share_out(specs, workers)
        said = []
        for share in shares:
            feed, jobs = prepare.read_one(experiment, share)
            said += [event for stack in jobs_in_stacks(jobs) for event in train(stack, feed)]
        results.append(bits_by_run(said))
    assert set(results[0]) == {spec.index for spec in specs}
    assert all(result == results[0] for result in results)
    weights = {ending[-1][0][-1] for ending in results[0].values()}
    assert len(weights) == len(specs)  # runs differ from each other


def explosive(index, rate, rows, epochs=30):
    """A linear regression by plain descent: its learning rate decides whether it ends."""
    training = Training(loss=LOSSES["squared"](), optimizer=Sgd(rate), batch_size=4, epochs=epochs)
    experiment = Experiment(Data(Line()), training=training)
    return Job(index, experiment, index, 0, 0, epochs, rows[:12], rows[12:16], rows[16:])


@pytest.mark.parametrize("place", [0, 2, 4])
def test_a_run_that_diverges_ends_with_its_curve_and_harms_nobody(place):
    feed, rows = Feed(dataset(20, 3, 1)), np.arange(20)
    jobs = [explosive(index, 1e6 if index == place else 0.01, rows) for index in range(5)]
    said = train(jobs, feed)
    endings = ended(said)
    assert bits_by_run(said) == alone(jobs, feed)
    assert [endings[index].status for index in range(5)].count("diverged") == 1
    end = endings[place]
    assert end.status == "diverged"
    assert end.test is None
    assert not math.isfinite(end.train["loss"])
    curve = [
        event.train["loss"][event.runs.index(place)]
        for event in said
        if isinstance(event, EpochEnded) and place in event.runs
    ]
    assert len(curve) == end.epochs < 30
    assert not math.isfinite(curve[-1])
    assert all(map(math.isfinite, curve[:-1]))
    for index in set(range(5)) - {place}:
        assert endings[index].status == "finished"
        assert endings[index].epochs == 30
        assert math.isfinite(endings[index].test["loss"])


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_weights_of_a_diverged_run_are_the_same_in_any_company(activation):
    # The sign of a NaN depends on whether a vector instruction made it, so on where in the stack it stood. An epsilon
    # that float32 cannot hold divides nothing by nothing.
    rows = np.arange(8)
    for features, seed in itertools.product(range(1, 8), range(4)):
        feed = Feed(dataset(8, features, 3, classes=True, seed=seed))
        model = Model((5, 4), ACTIVATIONS[activation]())
        for place in range(4):
            jobs = []
            for index in range(4):
                optimizer = Adam(1.0, 0.0, 0.0, 1e-131 if index == place else 1.0)
                training = Training(optimizer=optimizer, batch_size=1)
                experiment = Experiment(Data(Line(), standardize=False), model, training)
                jobs.append(Job(index, experiment, 0, 0, 0, 3, rows[:2], rows[:0], rows[:0]))
            assert bits_by_run(train(jobs, feed)) == alone(jobs, feed)


@pytest.mark.parametrize("rate", [10.0**power for power in range(1, 7)])
def test_a_linear_run_diverges_quietly_to_its_coefficients(rate):
    for seed in range(6):
        feed, rows = Feed(dataset(20, 3, 1, seed=seed)), np.arange(20)
        (end,) = ended(train([explosive(0, rate, rows)], feed)).values()
        assert end.status == "diverged"
        assert list(end.coefficients) == ["x0", "x1", "x2", "intercept"]


def test_stacks_that_take_turns_diverge_quietly():
    # As a worker trains them. The first stack ends before the second one overflows.
    feed, rows = Feed(dataset(20, 3, 1)), np.arange(20)
    short = explosive(0, 0.01, rows, epochs=1)
    long = explosive(1, 30.0, rows)
    turns = [trainer.train([job], feed, Control(), lambda: 0.0) for job in (short, long)]
    said = []
    with np.errstate(all="warn"):
        while turns:
            for turn in list(turns):
                event = next(turn, None)
                if event is None:
                    turns.remove(turn)
                else:
                    said.append(event)
    assert ended(said)[1].status == "diverged"


def test_training_leaves_the_callers_error_state_alone():
    feed, rows = Feed(dataset(20, 3, 1)), np.arange(20)
    with np.errstate(all="warn"):
        for _ in trainer.train([explosive(0, 0.01, rows, epochs=2)], feed, Control(), lambda: 0.0):
            assert set(np.geterr().values()) == {"warn"}


def test_runs_with_other_initial_weights_do_not_share_them():
    feed, rows = Feed(dataset(20, 3, 1)), np.arange(20)
    jobs = [explosive(index, 0.01, rows, epochs=1) for index in range(2)]
    models = [Model((), initialization=Normal(0.5)), Model((), initialization=Zeros())]
    jobs = [replace(job, experiment=replace(job.experiment, model=m)) for job, m in zip(jobs, models, strict=True)]
    said = bits_by_run([event for stack in jobs_in_stacks(jobs) for event in train(stack, feed)])
    assert said == alone(jobs, feed)


# --- what a person does while runs train ------------------------------------------------------------------------------


def two_runs(epochs=4):
    feed, rows = Feed(dataset(20, 3, 1)), np.arange(20)
    return [explosive(index, 0.01, rows, epochs) for index in range(2)], feed


def test_a_changed_learning_rate_is_repeated_to_the_same_bits_at_its_update():
    jobs, feed = two_runs()
    script = {5: [Change("learning_rate", 0.2)]}
    together = heeding(jobs, feed, script)
    (change,) = [event for event in together if isinstance(event, Changed)]
    assert change == Changed((0, 1), 5, "learning_rate", 0.2)
    apart = {index: said for job in jobs for index, said in bits_by_run(heeding([job], feed, script)).items()}
    assert bits_by_run(together) == apart
    assert bits_by_run(together) != alone(jobs, feed)
    # The first epoch's three updates came before it.
    assert [said[0] for said in bits_by_run(together).values()] == [said[0] for said in alone(jobs, feed).values()]


@settings(max_examples=settings.default.max_examples // 2)
@given(data=st.data())
def test_what_a_person_did_is_done_again_by_a_course(data):
    feed, jobs = data.draw(stacks("optimizer", data.draw(st.sampled_from(["sgd", "adamw", "nesterov"]))))
    jobs = [replace(job, epochs=4) for job in jobs]
    changes = st.lists(st.floats(1e-4, 0.5).map(lambda rate: Change("learning_rate", rate)), min_size=1, max_size=2)
    script = data.draw(st.dictionaries(st.integers(0, 30), changes, max_size=3))
    script[data.draw(st.integers(0, 60))] = [Stop()]
    before = [event for stack in jobs_in_stacks(jobs) for event in heeding(stack, feed, script)]
    said = [events.decode(events.encode(event)) for event in before if isinstance(event, Changed)]
    stops = [Changed((end.run,), end.updates, STOP, 0.0) for end in ended(before).values() if end.status == "stopped"]
    course = Course(changes=(*said, *stops))
    again = [e for stack in jobs_in_stacks(jobs[::-1]) for e in train(stack, feed, course=course)]
    assert bits_by_run(again) == bits_by_run(before)
    apart = [event for job in jobs for event in train([job], feed, course=course)]
    assert bits_by_run(apart) == bits_by_run(before)


def test_a_stop_keeps_what_was_learned_and_looks_at_no_test_row():
    jobs, feed = two_runs()
    said = heeding(jobs, feed, {7: [Stop()]})
    for end in ended(said).values():
        assert (end.status, end.epochs, end.updates, end.test) == ("stopped", 2, 7, None)
        assert end.validation is not None
    whole = train(jobs, feed)
    for run in (0, 1):
        assert bits_by_run(said)[run][:4] == bits_by_run(whole)[run][:4]


def test_a_pause_says_where_it_holds_and_a_step_ends_with_an_epoch():
    jobs, feed = two_runs()
    said = heeding(jobs, feed, {1: [Pause()]}, [Step(), Step()])
    pauses = [(event.epoch, event.update) for event in said if isinstance(event, Paused)]
    assert pauses == [(0, 1), (1, 3), (2, 6)]
    assert sum(isinstance(event, Resumed) for event in said) == 3
    assert {end.status for end in ended(said).values()} == {"finished"}


def test_two_steps_at_once_are_two_epochs():
    jobs, feed = two_runs()
    said = heeding(jobs, feed, {4: [Pause(), Step(), Step()]})
    assert [(event.epoch, event.update) for event in said if isinstance(event, Paused)] == [(3, 9)]


def test_a_step_after_a_pause_that_came_between_two_epochs_is_one_epoch():
    # Where a worker reads commands: after an event, which nearly always is the end of an epoch.
    jobs, feed = two_runs(epochs=9)
    control, pauses = Control(), []
    for event in trainer.train(jobs, feed, control, lambda: 0.0):
        if isinstance(event, EpochEnded) and event.epoch == 2:
            control.heed(Pause())
        if isinstance(event, Paused):
            pauses.append((event.epoch, event.update))
            control.heed(Step() if len(pauses) < 4 else Resume())
    assert pauses == [(2, 6), (3, 9), (4, 12), (5, 15)]


def test_a_pause_just_after_going_on_again_holds():
    jobs, feed = two_runs(epochs=9)
    control, pauses = Control(), []
    for event in trainer.train(jobs, feed, control, lambda: 0.0):
        if isinstance(event, EpochEnded) and event.epoch in {2, 4}:
            control.heed(Pause())
        if isinstance(event, Paused):
            pauses.append(event.epoch)
            control.heed(Resume())
    assert pauses == [2, 4]


def test_while_it_is_held_nothing_moves():
    jobs, feed = two_runs()
    control = Control()
    control.heed(Pause())
    ran = trainer.train(jobs, feed, control, lambda: 0.0)
    next(ran)
    assert [next(ran) for _ in range(5)] == [Paused((0, 1), 0, 0)] * 5


def test_a_look_says_what_the_parameters_are_at_that_update():
    jobs, feed = two_runs()
    said = heeding(jobs, feed, {0: [Look(1)], 4: [Pause()], 7: [Stop()]}, [Look(0), Look(5), Resume()])
    seen = [event for event in said if isinstance(event, Seen)]
    assert [(event.run, event.epoch, event.update) for event in seen] == [(1, 0, 0), (0, 1, 4)]
    fresh = Stack(jobs, feed).network.numbers[1]
    np.testing.assert_array_equal(unpacked(seen[0].weights), fresh)
    stopped = ended(heeding(jobs, feed, {4: [Stop()]}))
    assert seen[1].weights == stopped[0].weights


def test_seconds_are_training_time_shared_by_the_runs():
    jobs, feed = two_runs()
    ticks = iter(range(1_000))
    said = list(trainer.train(jobs, feed, Control(), lambda: float(next(ticks))))
    # One second passes between the two looks at the clock in each of four epochs; one look more comes after the
    # first batch's commands are read.
    last = [event for event in said if isinstance(event, EpochEnded)][-1]
    assert ended(said)[0].seconds == last.seconds / 2
    assert last.seconds >= 4


def test_the_best_epoch_is_the_one_of_the_least_validation_loss():
    feed, rows = Feed(dataset(20, 3, 1)), np.arange(20)
    said = train([explosive(0, 0.3, rows)], feed)
    losses = [event.validation["loss"][0] for event in said if isinstance(event, EpochEnded)]
    assert ended(said)[0].best_epoch == 1 + int(np.argmin(losses))
    assert len(losses) == 30


def test_of_equal_epochs_the_first_is_the_best():
    feed, rows = Feed(dataset(20, 3, 1)), np.arange(20)
    said = train([explosive(0, 1e-30, rows, epochs=5)], feed)
    losses = [event.validation["loss"][0] for event in said if isinstance(event, EpochEnded)]
    assert len(set(losses)) == 1
    assert ended(said)[0].best_epoch == 1


@pytest.mark.parametrize("batch_size", [1, 5, 12, 64, "all"])
def test_each_epoch_visits_every_training_row_once(batch_size):
    data = dataset(20, 3, 1)
    feed, rows = Feed(data), np.arange(3, 15)
    experiment = Experiment(Data(Line(), standardize=False), training=Training(optimizer=Adam(), batch_size=batch_size))
    job = Job(0, experiment, 0, 0, 0, 1, rows, rows[:0], rows[:0])
    stack = Stack([job], feed)
    for _ in range(2):
        seen, sizes = [], []
        for inputs, targets in stack.batches.epoch(stack.shuffles):
            assert (inputs[..., -1] == 1).all()
            sizes.append(inputs.shape[1])
            seen += [
                (*row[:-1], target) for row, target in zip(inputs[0].tolist(), targets[0, :, 0].tolist(), strict=True)
            ]
        size = 12 if batch_size == "all" else min(batch_size, 12)
        assert sizes == [size] * (12 // size) + ([12 % size] if 12 % size else [])
        assert len(sizes) == stack.batches.per_epoch
        expected = [(*data.inputs[row].tolist(), data.targets[row, 0]) for row in rows]
        np.testing.assert_allclose(sorted(seen), sorted(expected), rtol=1e-6)


def test_a_command_that_waits_in_the_inbox_is_heeded_between_batches():
    jobs, feed = two_runs()
    stack, control = Stack(jobs, feed), Control()
    ordinary = stack.batches.epoch

    def watched(rngs):
        for batch in ordinary(rngs):
            if stack.update == 1:
                control.inbox.put(Stop())
            yield batch

    stack.batches.epoch = watched
    said = list(Trainer(stack, control, lambda: 0.0).to_the_end())
    assert [(end.status, end.updates) for end in ended(said).values()] == [("stopped", 1), ("stopped", 1)]
