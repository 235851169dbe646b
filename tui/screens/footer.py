"""The keys at the foot of a screen."""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Footer


class KeysFooter(Footer):
    """Textual's footer, made anew only where other keys are to be shown.

    By itself it would replace all its widgets whenever the focus moves, and keep the old ones for ever.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._shown: tuple[tuple[str, str, bool], ...] | None = None

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Look whether the keys differ from those that are shown."""
        active = screen.active_bindings.values()
        keys = tuple((used.binding.key, used.binding.description, used.enabled) for used in active if used.binding.show)
        if keys != self._shown:
            # Textual does nothing while the terminal is not looked at, or another screen is on top.
            self._shown = keys if screen.app.app_focus and self.is_attached and screen is self.screen else None
            super().bindings_changed(screen)
