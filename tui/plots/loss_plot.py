"""The widget that shows curves while they grow, and sends little more than the cells that changed."""

from __future__ import annotations

import math

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tui.plots.axes import Limits
from tui.plots.cells import Change, changed
from tui.plots.chart import Frame, PlotData, compose
from tui.plots.colours import styles

# To repaint a cell, Textual sends the row from the left edge of the widget that has it: narrow widgets, few bytes.
TILES = 12


def tile_width(width: int) -> int:
    """Return the width of the tiles of a plot so wide: even, for wide characters not to be cut in two."""
    return 2 * max(1, math.ceil(width / (2 * TILES)))


class Tile(Widget):
    """A vertical stripe of a plot, from column `number` × the tiles' width on."""

    DEFAULT_CSS = """
    Tile {
        width: auto;
        height: 1fr;
    }
    """
    ALLOW_SELECT = False

    def __init__(self, plot: LossPlot, number: int) -> None:
        super().__init__()
        self._of = plot
        self._number = number

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002  # Textual's signature
        """Return the width of a tile in a plot of a size."""
        return tile_width(container.width)

    def render_line(self, y: int) -> Strip:
        """Return the part of the plot's row that lies in this stripe."""
        left = self._number * tile_width(self._of.size.width)
        return self._of.row(y).crop(left, left + self.size.width)


class LossPlot(Widget):
    """Curves over epochs. Hand it a new `PlotData` with `show`, at the rate the screen should have."""

    DEFAULT_CSS = """
    LossPlot {
        width: 1fr;
        height: 1fr;
        layout: horizontal;
        overflow: hidden hidden;
    }
    """
    ALLOW_SELECT = False

    def __init__(
        self,
        plot: PlotData | None = None,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002  # Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._plot = plot or PlotData()
        self._frame: Frame | None = None
        self._y_limits: Limits | None = None
        self._strips: list[Strip] = []
        self._styles: dict[str, Style] = {}
        self._tiles = [Tile(self, number) for number in range(TILES)]

    def compose(self) -> ComposeResult:
        """Return the stripes that the plot is shown in."""
        yield from self._tiles

    def on_resize(self) -> None:
        """Draw all tiles, also those that have the size and place that they had."""
        if self._frame is not None and not self._fits(self._frame):
            self._repaint()

    def show(self, plot: PlotData) -> None:
        """Show other data. Nothing is sent for what looks as before; the y axis stays while it serves."""
        if plot is self._plot:
            return
        before, self._plot = self._frame, plot
        self._frame = None
        if before is None or not self._strips or not self._fits(before):
            self._repaint()
            return
        frame = self._composed()
        changes = changed(before.cells, frame.cells)
        for y in {change.y for change in changes}:
            self._strips[y] = self._strip(frame, y)
        self._refresh_tiles(changes)

    def row(self, y: int) -> Strip:
        """Return a whole row of the plot."""
        frame = self._frame
        if frame is None or not self._fits(frame):
            frame, self._strips = self._composed(), []
        if not self._strips:
            _, _, background, foreground = self.colors
            self._styles = styles(self.app.theme_variables, background, foreground)
            self._strips = [self._strip(frame, row) for row in range(frame.cells.height)]
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self._styles[""])

    def notify_style_update(self) -> None:
        """Forget the rows: the theme or the stylesheet has other colours now."""
        super().notify_style_update()
        self._repaint()

    @property
    def text(self) -> str:
        """What is shown, as plain text."""
        return "" if self._frame is None else self._frame.cells.text()

    def _composed(self) -> Frame:
        self._frame = compose(self._plot, *self.size, self._y_limits, tile_width(self.size.width))
        self._y_limits = self._frame.y_limits
        return self._frame

    def _fits(self, frame: Frame) -> bool:
        return (frame.cells.width, frame.cells.height) == self.size

    def _strip(self, frame: Frame, y: int) -> Strip:
        return Strip([Segment(text, self._styles[role]) for text, role in frame.cells.runs(y)], frame.cells.width)

    def _repaint(self) -> None:
        """Draw everything anew at the next chance; without rows, that is already to come."""
        if self._strips:
            self._strips = []
            for tile in self._tiles:
                tile.refresh()

    def _refresh_tiles(self, changes: list[Change]) -> None:
        """Mark the changed cells, each in its tile."""
        width = tile_width(self.size.width)
        for number, tile in enumerate(self._tiles):
            whole = Region(number * width, 0, width, self.size.height)
            parts = [Region(change.x, change.y, change.width, 1).intersection(whole) for change in changes]
            if dirty := [part.translate((-whole.x, 0)) for part in parts if part]:
                tile.refresh(*dirty)
