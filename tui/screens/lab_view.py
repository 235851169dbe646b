"""What the lab shows: it draws what the controller holds, and keeps the notes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static
from textual.worker import Worker

from engine.events import Branched
from sessions.parents import parent_of
from tui.background import beside
from tui.controller import Controller
from tui.panels.field import Field
from tui.panels.notes import Notes
from tui.panels.panel import Panels
from tui.progress import Pace, standing
from tui.screens.footer import KeysFooter
from tui.screens.output import line_is_busy
from tui.screens.stage import Stage, StatusLine
from tui.text import safe

EMPTY = "press r to train what the panels on the left say"
LOW = 34
"""Below so many lines only one panel is open, and the notes only while they are written."""
SMALLEST = (60, 16)
NOTES_SECONDS = 1.0
WORDS_SECONDS = 0.5
"""How often the line of progress changes while a study goes: oftener it cannot be read."""
KEY_SECONDS = 0.05
"""How long a frame waits where a key has just come."""


class LabView(Screen[None]):
    """The panels, the stage and the notes: what of the controller is shown, and when."""

    # Textual would paint the whole screen anew whenever the focus moves; what gets or loses it paints itself.
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

    def __init__(self, controller: Controller, fps: int, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.controller = controller
        self._fps = fps
        self._put_off = False
        self._clock = clock
        self._pace = Pace()
        self._seen = -1
        self._words_due = 0.0
        self._branched: tuple[Path | None, Branched | None] = None, None
        """The page whose parent is drawn or being read, and from what it branches."""
        self._autosaving: Worker[None] | None = None
        self._panels = Panels(controller.draft)
        self._stage = Stage(EMPTY)
        self._notes = Notes(id="notes", compact=True, placeholder="notes on this page (n)")
        self._heading = Static(id="heading", markup=False)
        self._headed = ""
        self._status = StatusLine()
        self._hint = Static(id="hint", markup=False)
        self._too_small = Static(id="too-small", markup=False)

    def compose(self) -> ComposeResult:
        """Return the parts from top to bottom."""
        yield self._heading
        with Horizontal(id="body"):
            yield self._panels
            with Vertical(id="right"):
                yield self._stage
                yield self._notes
        yield self._status
        yield self._hint
        yield KeysFooter()
        yield self._too_small

    def on_mount(self) -> None:
        """Start to look at the controller, at a rate that a slow line can bear."""
        self._notes.cursor_blink = False
        self._panels.go_to(0)
        self.set_interval(1 / self._fps, self.redraw)
        self.set_interval(NOTES_SECONDS, self._autosave)
        self.redraw()

    def on_resize(self, event: Resize) -> None:
        """Fold the panels where the screen is low; say so where it is too small."""
        width, height = event.size
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self._too_small.display = small
        said = f"The terminal is {width}×{height}; the notebook needs {SMALLEST[0]}×{SMALLEST[1]}. Training goes on."
        self._too_small.update(Content(said))
        self.set_class(height < LOW, "low")
        self.call_after_refresh(self._panels.fold, accordion=height < LOW)

    def redraw(self) -> None:
        """Show what has changed, unless the line to the terminal is still busy with what was shown before."""
        controller = self.controller
        while controller.notices:
            # One by one: another thread may add one just now.
            self.notify(safe(controller.notices.pop(0), 300), severity="warning", timeout=6, markup=False)
        if controller.notes_from_file:
            controller.notes_from_file = False
            self._notes.text = controller.notes
        moving = controller.record.status == "training"
        if (controller.version == self._seen and not moving) or line_is_busy(self.app) or self._key_goes_first():
            return
        self._seen = controller.version
        now = self._clock()
        self._stage.show(controller.record, now, controller.choose_by)
        self._lay_over_parent()
        if now >= self._words_due or not moving:
            self._words_due = now + WORDS_SECONDS
            self._say_where_it_stands(now)
        headline = self._headline()
        if headline.plain != self._headed:
            self._headed = headline.plain
            self._heading.update(headline, layout=False)

    def _lay_over_parent(self) -> None:
        """Draw a branch over its parent, which is read beside the screen's work."""
        page, path = self.controller.page, self.controller.path
        branch = page.record.branch if page is not None and page.record is not None else None
        if (path, branch) == self._branched:
            return
        self._branched = path, branch

        async def read() -> None:
            parent = None if page is None or path is None else await beside(lambda: parent_of(path, page))
            if (path, branch) == self._branched:
                self._stage.lay_over(parent)

        if branch is None:
            self._stage.lay_over(None)
        else:
            self.run_worker(read(), exclusive=False)

    async def show_page(self) -> None:
        """Show another page: its settings, its curves and its notes."""
        self._pace = Pace()
        # First of all: until then a change that the editor still has to tell would be taken for what was written.
        self._notes.text = self.controller.notes
        await self._panels.show(self.controller.draft)
        self._explain()
        self.redraw()

    async def restore(self) -> None:
        """Show what a notebook that was killed had not put on a page."""
        if self.controller.restore():
            await self.show_page()

    def _key_goes_first(self) -> bool:
        """Put a frame off, once, where a key has just come: what it changes is painted before the plot is."""
        keyed: float = getattr(self.app, "keyed", 0.0)
        self._put_off = not self._put_off and time.monotonic() - keyed < KEY_SECONDS
        if self._put_off:
            self.set_timer(KEY_SECONDS, self.redraw)
        return self._put_off

    def _headline(self) -> Content:
        controller = self.controller
        edited = " · panels changed: r starts a new page" if not controller.trains and controller.draft_differs else ""
        if (edited or controller.page is None) and controller.size:
            edited = f" · {controller.size}{' · r starts a new page' if edited else ''}"
        if controller.read_only:
            edited = f" · read only: {controller.read_only}{edited}"
        return Content.assemble(("Lossbook", "bold"), "  ", safe(controller.title, 60), safe(edited))

    def _say_where_it_stands(self, now: float) -> None:
        path = self.controller.path
        self._status.say(*standing(self.controller.record, self._pace, now, path.stem if path else ""))

    def on_descendant_focus(self) -> None:
        """Say what the setting with the focus means."""
        self._explain()

    def _explain(self) -> None:
        focused = self.focused
        if isinstance(focused, Field):
            self.hint(focused.row.help)
        elif focused is self._notes:
            self.hint("Markdown, saved by itself; a line `epoch 12: …` or `@12 …` is a mark of the replay; esc leaves")
        elif focused is not None and isinstance(focused.parent, Field):
            self.hint(focused.parent.row.how_to_type)

    def hint(self, text: str, *, problem: bool = False) -> None:
        """Show one line of help, or what is wrong with what was typed."""
        self._hint.set_class(problem, "problem")
        self._hint.update(Content(safe(f"✗ {text}" if problem else text, 300)), layout=False)

    def key_escape(self) -> None:
        """Leave the notes or the table."""
        if self.focused is self._notes or self.focused is self._stage.shown:
            self._notes.remove_class("open")
            self._panels.go_to(0)

    def on_text_area_changed(self) -> None:
        """Take the notes."""
        self.controller.write(self._notes.text)

    def _autosave(self) -> None:
        # One at a time: a disk may take longer than the time between two.
        if self._autosaving is None or self._autosaving.is_finished:
            self._autosaving = self.run_worker(self.controller.autosave(), exclusive=False)
