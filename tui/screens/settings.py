"""The settings of a sweep on the stage: lines that scroll between a title and what they say in words."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from sessions.record import Record
from tui.plots.colours import READABLE, readable, styles
from tui.portrait.lines import Line
from tui.settings.heatmap import SHADES
from tui.settings.view import View, view_of

SCROLLBAR = 1


class SettingsView(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws what `view_of` makes of a record, for the size that there is. Only lines that have changed are sent."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "leap(-1)", show=False),
        Binding("pagedown", "leap(1)", show=False),
    ]

    def __init__(self) -> None:
        super().__init__(id="settings")
        self._asked: tuple[Record, str, bool] | None = None
        self._view = View()
        self._styles: dict[str, Style] = {}

    def show(self, record: Record, by: str, *, log: bool) -> None:
        """Show a record's settings by a validation figure."""
        self._asked = record, by, log
        self._redraw()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._redraw()

    def notify_style_update(self) -> None:
        """Forget the colours: the theme has other ones now."""
        super().notify_style_update()
        self._styles = {}
        self.refresh()

    def action_move(self, lines: int) -> None:
        """Scroll a line."""
        self.scroll_relative(y=lines, animate=False, immediate=True)

    def action_leap(self, pages: int) -> None:
        """Scroll nearly a page."""
        room = self.size.height - len(self._view.top) - len(self._view.bottom)
        self.scroll_relative(y=pages * max(1, room - 1), animate=False, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Return a line of the window."""
        segments = [Segment(run.text, self._style(run.role)) for run in self._line(y)]
        return Strip(segments).adjust_cell_length(self.size.width, self._style(""))

    @property
    def text(self) -> str:
        """The whole view as plain text."""
        return self._view.text

    def _line(self, y: int) -> Line:
        """Return what stands in a line of the window: the title, what is scrolled to, or the words."""
        view = self._view
        top, words = len(view.top), max(len(view.top), self.size.height - len(view.bottom))
        if y < top:
            return view.top[y]
        if y >= words:
            return view.bottom[y - words] if y - words < len(view.bottom) else ()
        place = y - top + round(self.scroll_offset.y)
        return view.body[place] if place < len(view.body) else ()

    def _redraw(self) -> None:
        width, height = self.outer_size.width - SCROLLBAR, self.outer_size.height
        if self._asked is None or width < SCROLLBAR or not self.display:
            return
        before = [self._line(y) for y in range(self.size.height)]
        record, by, log = self._asked
        self._view = view_of(record, by, width, height, log=log)
        whole = Size(width, len(self._view.top) + len(self._view.body) + len(self._view.bottom))
        if whole != self.virtual_size:
            self.virtual_size = whole
            self.refresh(layout=True)
        else:
            for y, old in enumerate(before):
                if old != self._line(y):
                    self.refresh(Region(0, y, self.size.width, 1))

    def _style(self, role: str) -> Style:
        if not self._styles:
            _, _, background, foreground = self.colors
            self._styles = styles(self.app.theme_variables, background, foreground)
            self._styles |= _more(self._styles, self.app.theme_variables, background, foreground)
        return self._styles.get(role, self._styles["text"])


def _more(known: dict[str, Style], variables: dict[str, str], background: Color, foreground: Color) -> dict[str, Style]:
    """Return the styles that only this view has: shades, which a terminal's own colours cannot mix."""
    made = {
        "header": known["title"],
        "problem": known["family-3"],
        "axis-name": known["text"] + Style(italic=True),
    }
    primary = Color.parse(variables.get("primary", "#0178D4"))
    if background.ansi is not None or primary.ansi is not None:
        best = Style(reverse=True)
        return made | {f"shade-{shade}": best if shade == SHADES - 1 else known["text"] for shade in range(SHADES)}
    for shade in range(SHADES):
        behind = background.blend(primary, 0.06 + 0.94 * shade / (SHADES - 1))
        colour = readable(foreground, behind, READABLE)
        bold = shade == SHADES - 1
        made[f"shade-{shade}"] = Style(color=colour.rich_color, bgcolor=behind.rich_color, bold=bold)
    return made
