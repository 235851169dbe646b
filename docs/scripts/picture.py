"""Draw docs/lab.svg: the real app, training five folds of digits for real, stopped when the curves say something."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from sessions.store import Store
from tui.app import Lossbook
from tui.panels.form import Draft

PICTURE = Path(__file__).parents[1] / "lab.svg"
DRAFT: Draft = {
    "data": {"name": "digits"},
    "model": {"hidden": [64, 32]},
    "training": {"epochs": 60, "learning_rate": 0.0005},
    "validation": {"method": "k-fold", "refit": False},
}
NOTES = (
    "Five folds agree: validation is nearly flat after epoch 40,\n"
    "while training goes on falling. Next: is that overfitting?"
)


async def draw() -> None:
    """Train, wait for the end, and save what the screen shows."""
    with tempfile.TemporaryDirectory() as folder:
        app = Lossbook(Store(Path(folder)))
        app.controller.draft = DRAFT
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            app.controller.notes = NOTES
            await app.screen.show_page()
            await pilot.press("r")
            while not app.controller.record.over or app.controller.trains:
                await pilot.pause(0.1)
            await pilot.press("l")
            await pilot.pause(0.5)
            PICTURE.write_text(app.export_screenshot(title="lossbook"), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(draw())
