"""Lines of colour roles in a window that scrolls over them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.events import Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.plots.colours import styles
from tui.portrait.lines import Line, plain
from tui.portrait.pictures import GREYS

GREY = re.compile(r"grey-(\d+)-(\d+)")


class LineView(ScrollView, can_focus=False):
    """Shows what a function draws for the width that there is, and asks it again where that changes."""

    def __init__(self, draw: Callable[[int], Sequence[Line]]) -> None:
        super().__init__()
        self._draw = draw
        self._lines: Sequence[Line] = ()
        self._styles: dict[str, Style] = {}

    def show(self, draw: Callable[[int], Sequence[Line]]) -> None:
        """Show other lines, from their first on."""
        self._draw = draw
        self._redraw()
        self.scroll_home(animate=False, immediate=True)

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002 - Textual hands it on
        """Draw for the new width."""
        self._redraw()

    def notify_style_update(self) -> None:
        """Forget the colours: the theme has other ones now."""
        super().notify_style_update()
        self._styles = {}
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line of the window."""
        number = y + self.scroll_offset.y
        line = self._lines[number] if number < len(self._lines) else ()
        segments = [Segment(run.text, self._style(run.role)) for run in line]
        return Strip(segments).adjust_cell_length(self.size.width, self._style(""))

    @property
    def text(self) -> str:
        """All lines as plain text."""
        return plain(self._lines)

    def _redraw(self) -> None:
        width = self.scrollable_content_region.width
        if width > 0:
            self._lines = self._draw(width)
            self.virtual_size = Size(width, len(self._lines))
            self.refresh()

    def _style(self, role: str) -> Style:
        if not self._styles:
            _, _, background, foreground = self.colors
            self._styles = styles(self.app.theme_variables, background, foreground)
            self._styles["problem"] = self._styles["family-3"]
        grey = GREY.fullmatch(role) if role not in self._styles else None
        if grey is not None:
            upper, lower = (round(int(level) * 255 / (GREYS - 1)) for level in grey.groups())
            self._styles[role] = Style(
                color=Color.from_rgb(upper, upper, upper), bgcolor=Color.from_rgb(lower, lower, lower)
            )
        return self._styles.get(role, self._styles["text"])
