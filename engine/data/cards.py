"""Data cards: what a data set is, where it comes from and what it may be used for."""

from __future__ import annotations

import inspect
from importlib.resources import files

from engine.data.sources import SOURCES
from engine.fields import describe, fields_of


def card(name: str) -> str:
    """Return a data set's card as Markdown: the bundled page, or what a generated one says of itself.

    Raises
    ------
    LabError
        If there is no such data set.
    """
    source = SOURCES[name]
    page = files("engine.data").joinpath("files", f"{name}.md")
    if page.is_file():
        return page.read_text(encoding="utf-8")
    keys = [
        f"- `{info.key}`: {info.spec.help} ({describe(info.type)}, default {_shown(info.default)})"
        for info in fields_of(source)
    ]
    return "\n".join(
        [f"# {name}", "", inspect.getdoc(source) or "", "", "Generated from the seed. Keys:", "", *keys, ""]
    )


def _shown(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
