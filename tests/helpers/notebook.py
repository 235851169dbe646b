"""The app without a terminal: opened at a size, driven by keys, read as text; and pages to open."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from unittest import mock

from making import study

from engine import tables
from engine.events import StudyEnded, StudyStarted
from engine.plan import plan, settings_of
from sessions import codec
from sessions.page import Page
from sessions.record import RunRecord, fold
from sessions.store import Store
from tui.app import Lossbook
from tui.panels.field import Field
from tui.panels.form import PANELS

PATIENCE = 30.0
"""Seconds that something may take on a slow machine before a test gives up."""
NONE = RunRecord("none")
ROUNDS = 4
"""How often all messages are waited for after a key."""
ENDLESS = 10_000_000
SMALL = {
    "data": {"name": "wine"},
    "model": {"hidden": [8]},
    "training": {"epochs": 20},
    "validation": {"method": "k-fold", "k": 3},
}
"""Three folds and a refit, over in an instant."""
LONG = {
    "baselines": False,
    "data": {"name": "digits"},
    "model": {"hidden": [32]},
    "training": {"epochs": ENDLESS},
    "validation": {"method": "k-fold", "k": 3},
}
"""Three folds that never end by themselves, with epochs that a person could count; digits take their baselines long."""

# What would steer a terminal, hide, or be read as markup, if it were shown as it is.
HOSTILE = {
    "clipboard": "a\x1b]52;c;aGVsbG8=\x07b",
    "clear": "a\x1b[2Jb",
    "C1": "a\x9b31mb",
    "title": "a\x1b]0;owned\x07b",
    "device control": "a\x1bP+q544e\x1b\\b",
    "end of markup": "a[/]b",
    "link": "[@click=app.quit]a[/]",
    "colour": "[bold red]a",
    "direction": "a\u202egnp.b",
    "isolate": "a\u2066b\u2069",
    "zero width": "a\u200bb",
    "backspace": "a\x08\x7fb",
    "carriage return": "a\rb",
}
STEERING = frozenset(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))) | frozenset("\u202e\u2066\u2069\u200b")


class Lab:
    """An open notebook."""

    def __init__(self, app, pilot, notices):
        self.app = app
        self.pilot = pilot
        self.notices = notices
        """What was told, also what has gone from the screen since: a slow machine takes longer than it stays."""

    @property
    def controller(self):
        return self.app.controller

    @property
    def text(self):
        """What a person sees."""
        return "\n".join(strip.text for strip in self.strips)

    @property
    def strips(self):
        return self.app.screen._compositor.render_strips()

    @property
    def hint(self):
        return str(self.app.screen.query_one("#hint").render())

    async def press(self, *keys):
        for key in keys:
            await self.app._press_keys([key])
            # From the widget with the focus to its panel, the screen, the app, and back.
            for _ in range(ROUNDS):
                await self._worked_off()

    async def _worked_off(self):
        """Wait until the app, its screen and what has the focus have worked off the messages that they have now."""
        focused = self.app.focused
        pumps = [self.app, self.app.screen, *(focused.ancestors_with_self if focused is not None else ())]
        waiting = []
        for pump in dict.fromkeys(pumps):
            done = asyncio.Event()
            if pump.call_later(done.set):
                waiting.append(asyncio.create_task(done.wait()))
        if waiting:
            await asyncio.wait(waiting, timeout=PATIENCE)

    async def type(self, text):
        await self.press(*("space" if character == " " else character for character in text))

    async def until(self, condition, what=""):
        """Wait for a condition."""
        give_up = time.monotonic() + PATIENCE
        while not condition():
            assert self.app._exception is None, "the notebook has failed"
            assert time.monotonic() < give_up, (
                f"still not {what or 'so'} after {PATIENCE:g} s, told {self.notices}:\n{self.text}"
            )
            await asyncio.sleep(0.01)

    async def until_shown(self, *texts):
        await self.until(lambda: all(text in self.text for text in texts), f"shown: {texts}")

    async def until_over(self):
        await self.until(lambda: self.controller.record.over and not self.controller.trains, "over")

    async def settle(self):
        """Wait until everything that was asked for has been done."""
        await self.pilot.pause(0.02)

    async def until_training(self, epoch=1, which=any):
        reached = f"at epoch {epoch}"
        await self.until(lambda: which(run.epoch >= epoch for run in self.controller.record.runs or [NONE]), reached)

    async def until_paused(self):
        await self.until(lambda: self.controller.record.status == "paused", "paused")
        await self.until_shown("‖ paused")

    async def take(self, draft):
        """Put a draft into the panels."""
        self.controller.change(draft)
        await self.app._lab.show_page()
        await self.settle()


def assert_harmless(lab: Lab):
    """Nothing on the screen steers a terminal, hides, or is a link."""
    assert lab.app.is_running
    for strip in lab.strips:
        for segment in strip:
            steering = STEERING.intersection(segment.text)
            assert not steering, f"{sorted(map(ascii, steering))} in {segment.text!r}"
            assert "quit" not in str(segment.style and segment.style.meta), f"a live link: {segment!r}"


@asynccontextmanager
async def opened(folder, size=(100, 36), draft=None, **options):
    """Open the notebook on a folder of pages."""
    app = Lossbook(Store(folder), **options)
    notify, notices = app.notify, []
    app.notify = lambda message, **how: notices.append(message) or notify(message, **how)
    # Textual's own wait is for an idle process, which one that watches a training never is: here a key has been
    # taken once every widget has worked off its messages.
    with mock.patch("textual.app.wait_for_idle", autospec=True):
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            lab = Lab(app, pilot, notices)
            if draft is not None:
                await lab.take(draft)
            yield lab


def play(scene, folder, **options):
    """Open the notebook, play a scene (an async function of the lab) in it, and close it."""

    async def whole():
        async with opened(folder, **options) as lab:
            await scene(lab)

    asyncio.run(whole())


def focused_key(lab):
    return lab.app.focused.row.key if isinstance(lab.app.focused, Field) else None


async def go_to(lab, key):
    """Move the focus to a setting, as a person would: its panel's number, then down."""
    table = key.split(".")[0]
    place = [panel[0] for panel in PANELS].index(table if "." in key else "training")
    await lab.press(str(place + 1))
    for _ in range(40):
        if focused_key(lab) == key:
            return
        await lab.press("down")
    raise AssertionError(f"{key} was not found:\n{lab.text}")


def value_shown(lab, label):
    row = next(line for line in lab.text.splitlines() if line.strip().startswith(label))
    return row.strip().removeprefix(label).split("│")[0].strip()


def saved_page(folder, name="page", draft=None, **fields):
    """Save the page of a draft that was trained in this process; return its path."""
    experiment = tables.from_tables(draft or SMALL)
    created = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
    page = Page(experiment, **{"title": name, "created": created, "record": record_of(experiment)} | fields)
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(codec.write_page(page), encoding="utf-8")
    return path


@cache
def record_of(experiment):
    """Return the record of an experiment that has been trained."""
    specs = plan(experiment)
    begun = StudyStarted(
        labels=tuple(spec.label for spec in specs),
        restarts=tuple(spec.restart + 1 for spec in specs),
        repeats=tuple(spec.repeat + 1 for spec in specs),
        folds=tuple(spec.fold + 1 for spec in specs),
        epochs=experiment.training.epochs,
        settings=tuple(settings_of(experiment)),
        setting_of=tuple(spec.setting for spec in specs),
    )
    return fold([begun, *study(experiment)[1], StudyEnded("finished")])


def pages_in(folder):
    """Return the pages of a folder."""
    return [codec.read_page(path) for path in sorted(folder.glob("*.toml"))]
