"""The student's notes: an editor that shows every character, as one sign each."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import TextArea

from tui.text import masked


class Notes(TextArea):
    """What hides or would steer the terminal is drawn as a sign, and stays as it is in the text that is saved."""

    def get_line(self, line_index: int) -> Text:
        """Return a line as it is drawn."""
        return Text(masked(self.document.get_line(line_index)), end="", no_wrap=True)
