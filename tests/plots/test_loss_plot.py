"""The widget in an app: what it shows, what it sends, which colours it takes."""

import asyncio
import re

import numpy as np
import pytest
from textual.app import App
from textual.color import Color

from tui.plots.chart import PlotData
from tui.plots.colours import CURVES, READABLE, contrast_ratio, styles
from tui.plots.loss_plot import LossPlot, Tile
from tui.plots.series import Line


def plot(epochs, **more):
    x = np.arange(1.0, epochs + 1)
    train = Line("train", x, np.exp(-x / 60) + 0.1, "train")
    validation = Line("validation", x, 0.8 * np.exp(-x / 60) + 0.3, "validation")
    return PlotData((train, validation), 200, y_title="loss", empty="press r to run", **more)


class Bench(App[None]):
    def compose(self):
        yield LossPlot(plot(0))


def run(check, size=(80, 24), theme="textual-dark"):
    async def main():
        app = Bench()
        async with app.run_test(size=size) as pilot:
            app.theme = theme
            await pilot.pause()
            await check(app, app.query_one(LossPlot), pilot)

    asyncio.run(main())


def on_screen(app):
    """What the terminal would show, as text."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def watch(monkeypatch):
    """Collect the cells that tiles are asked to repaint; None stands for a whole tile."""
    asked = []
    refresh = Tile.refresh

    def record(self, *regions, **options):
        asked.extend(regions or [None])
        return refresh(self, *regions, **options)

    monkeypatch.setattr(Tile, "refresh", record)
    return asked


def test_what_is_shown_is_on_the_screen():
    async def check(app, widget, pilot):
        assert "press r to run" in on_screen(app)
        widget.show(plot(80))
        await pilot.pause()
        assert "── train  ╌╌ validation" in on_screen(app)
        assert [row.rstrip() for row in on_screen(app).splitlines()] == [
            row.rstrip() for row in widget.text.splitlines()
        ]
        await pilot.resize_terminal(50, 12)
        await pilot.pause()
        assert len(on_screen(app).splitlines()) == 12
        assert "epoch 200" in on_screen(app)

    run(check)


def test_a_plot_that_looks_the_same_causes_no_refresh(monkeypatch):
    async def check(app, widget, pilot):
        data = plot(80)
        widget.show(data)
        await pilot.pause()
        asked = watch(monkeypatch)
        widget.show(data)
        widget.show(plot(80))
        await pilot.pause()
        assert asked == []

    run(check)


def test_one_more_epoch_refreshes_a_few_cells(monkeypatch):
    async def check(app, widget, pilot):
        widget.show(plot(80))
        await pilot.pause()
        asked = watch(monkeypatch)
        widget.show(plot(83))
        await pilot.pause()
        assert asked
        assert None not in asked
        assert sum(region.area for region in asked) <= 12
        assert [row.rstrip() for row in on_screen(app).splitlines()] == [
            row.rstrip() for row in widget.text.splitlines()
        ]

    run(check)


def test_shown_twice_before_the_screen_is_drawn_the_last_one_counts():
    async def check(app, widget, pilot):
        widget.show(plot(10))
        widget.notify_style_update()
        widget.show(PlotData(empty="nothing yet"))
        await pilot.pause()
        assert on_screen(app).strip() == "nothing yet"

    run(check)


def test_wide_titles_are_whole_on_the_screen():
    async def check(app, widget, pilot):
        widget.show(plot(80, title="每天出生人数", notes=("五折交叉验证", "x验证集")))
        await pilot.pause()
        first = "".join(on_screen(app).split("│")[0].split())
        assert "每天出生人数" in first
        assert "五折交叉验证" in first

    for width in (70, 80, 97, 120):
        run(check, size=(width, 24))


@pytest.mark.parametrize("theme", ["textual-light", "nord", "ansi-dark"])
def test_a_new_theme_recolours_the_plot(theme):
    async def check(app, widget, pilot):
        widget.show(plot(80))
        await pilot.pause()
        before = {segment.style for segment in widget.row(5)}
        app.theme = theme
        await pilot.pause()
        await pilot.pause()
        assert {segment.style for segment in widget.row(5)}.isdisjoint(before)
        assert "validation" in on_screen(app)

    run(check)


def test_curves_are_readable_in_every_theme():
    async def check(app, widget, pilot):
        for name, theme in app.available_themes.items():
            variables = theme.to_color_system().generate()
            if re.search("ansi", name):
                continue
            background, foreground = Color.parse(variables["background"]), Color.parse(variables["foreground"])
            made = styles(variables, background, foreground)
            for role in CURVES:
                colour = Color.from_rich_color(made[role].color)
                assert contrast_ratio(colour, background) >= READABLE - 0.05, (name, role)
                assert made[f"{role}-faint"].color != made[role].color

    run(check)
