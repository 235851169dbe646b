"""The colours of a plot, from the theme: readable on its background, dark or light."""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.color import Color

# Which of a theme's colours a role takes. Families are what a sweep or a comparison tells apart.
SOURCES = {
    "train": "primary",
    "validation": "warning",
    "mark": "success",
    "family-0": "primary",
    "family-1": "warning",
    "family-2": "success",
    "family-3": "error",
    "family-4": "accent",
    "family-5": "foreground",
}
CURVES = [role for role in SOURCES if role != "mark"]
# Contrast with the background (WCAG 2): what must be read, what may stay behind.
READABLE, BEHIND = 4.5, 2.0


def styles(variables: Mapping[str, str], background: Color, foreground: Color) -> dict[str, Style]:
    """Return the style of each colour role; "" is the style of blank cells."""
    chosen = {role: _parsed(variables.get(source), foreground) for role, source in SOURCES.items()}
    if background.ansi is not None or any(colour.ansi is not None for colour in chosen.values()):
        return _of_terminal(chosen, background)
    colours = {role: readable(colour, background, READABLE) for role, colour in chosen.items()}
    for role in CURVES:
        colours[f"{role}-faint"] = readable(background.blend(colours[role], 0.5), background, BEHIND)
    colours["text"] = readable(background.blend(foreground, 0.75), background, READABLE)
    colours["title"] = foreground
    colours["reference"] = colours["text"]
    colours["axis"] = background.blend(foreground, 0.4)
    behind = background.rich_color
    # Blank cells need no colour of their own, and take half the bytes without it.
    return {"": Style(bgcolor=behind)} | {
        role: Style(color=colour.rich_color, bgcolor=behind, bold=role == "title") for role, colour in colours.items()
    }


def readable(colour: Color, background: Color, contrast: float) -> Color:
    """Return the colour, lightened or darkened until it has the contrast with the background that is asked for."""
    lighter = luminance(background) < 0.18
    for step in range(21):
        changed = colour.lighten(step / 20) if lighter else colour.darken(step / 20)
        if contrast_ratio(changed, background) >= contrast:
            return changed
    return Color(255, 255, 255) if lighter else Color(0, 0, 0)


def contrast_ratio(one: Color, other: Color) -> float:
    """Return how far apart two colours are in brightness, 1 to 21 (WCAG 2.2, contrast ratio)."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: Color) -> float:
    """Return a colour's relative luminance, 0 to 1 (WCAG 2.2)."""
    parts = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized)
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def _parsed(value: str | None, otherwise: Color) -> Color:
    return Color.parse(value) if value else otherwise


def _of_terminal(chosen: Mapping[str, Color], background: Color) -> dict[str, Style]:
    """The styles where the theme leaves the colours to the terminal: which they are is not known, so none is mixed."""
    behind = background.rich_color
    result = {role: Style(color=colour.rich_color, bgcolor=behind) for role, colour in chosen.items()}
    result |= {f"{role}-faint": result[role] + Style(dim=True) for role in CURVES}
    plain = Style(bgcolor=behind)
    result |= {"": plain, "text": plain, "reference": plain, "title": plain + Style(bold=True)}
    return result | {"axis": plain + Style(dim=True)}
