"""`lossbook study`: the studies of their own, their settings, and what one finds."""

from __future__ import annotations

import argparse
import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from engine import flat
from engine.errors import KeyProblem, LabError, nearest
from engine.fields import fields_of
from engine.learning_curve import POINTS
from engine.studies import STUDIES, Findings, Spread, Study
from engine.studies.base import Value
from sessions.codec import value_of
from sessions.report import finite
from tui.cli import learning_curve
from tui.cli.experiments import overrides_of
from tui.cli.json_text import json_text
from tui.cli.tables import table

WIDTH = 79
GLUE = "\xa0"
"""A space at which no line is broken."""
POINTS_SAYS = "how many sizes, each twice the one before; other keys are the experiment's"
DECIMALS, MOST_DECIMALS = 3, 6


def study(options: argparse.Namespace) -> int:
    """List all studies, or do one and print what it finds."""
    if options.name == learning_curve.NAME:
        return learning_curve.run(options)
    overrides = overrides_of(options)
    if options.name is not None and options.name not in STUDIES:
        raise LabError(f"there is no study {options.name!r}", nearest(options.name, [*STUDIES, learning_curve.NAME]))
    if options.file is not None:
        raise LabError(f"{options.name} takes no file", f"lossbook study {options.name}")
    if options.name is None:
        if overrides:
            raise LabError("--set needs a study", "for example lossbook study peeking --set tweaks=100")
        points = {"key": "points", "default": POINTS, "help": POINTS_SAYS}
        curve = {"study": learning_curve.NAME, "says": learning_curve.SAYS, "settings": [points]}
        print(json_text([*map(_described, STUDIES), curve]) if options.json else _listed())
        return 0
    chosen = STUDIES[options.name]
    try:
        asked = flat.read(chosen, {key: value_of(text) for key, text in overrides.items()})[0]
        found = asked.run(options.seed)
    except KeyProblem as error:
        key = error.key.partition("[")[0]
        raise LabError(error.problem, error.hint, where=f"--set {key}" if key in overrides else "") from error
    if options.json:
        head = {"study": options.name, "seed": options.seed, "settings": _settings(asked)}
        print(json_text(finite(head | found.as_plain())))
        return 0
    print(_page(options.name, options.seed, asked, found))
    return 0


def _described(name: str) -> dict[str, Any]:
    """Return a study's name, its description, and its settings with their defaults, as plain values."""
    settings = [
        {"key": info.key, "default": _plain(info.default), "help": info.spec.help} for info in fields_of(STUDIES[name])
    ]
    return {"study": name, "says": (STUDIES[name].__doc__ or "").partition("\n")[0], "settings": settings}


def _listed() -> str:
    parts = []
    for name in STUDIES:
        known = _described(name)
        lines = [name, *_wrapped(known["says"], "  ")]
        for setting in known["settings"]:
            lines += _wrapped(f"{setting['key']} = {setting['default']}  {setting['help']}", "    ", "        ")
        parts.append("\n".join(lines))
    points = f"points = {POINTS}  {POINTS_SAYS}"
    curve = [f"{learning_curve.NAME} FILE", *_wrapped(learning_curve.SAYS, "  "), *_wrapped(points, "    ", "        ")]
    return "\n\n".join([*parts, "\n".join(curve), "Do one: lossbook study NAME --set KEY=VALUE --seed N"])


def _page(name: str, seed: int, asked: Study, found: Findings) -> str:
    settings = [f"{key} = {value}" for key, value in _settings(asked).items()]
    headings = [column.name.replace("_", " ") for column in found.columns]
    columns = [_texts(values) for values in zip(*found.rows, strict=True)]
    widest = max(map(len, headings))
    legend = [
        line
        for heading, column in zip(headings, found.columns, strict=True)
        for line in _wrapped(f"{heading:{widest}}  {column.says}", "", " " * (widest + 2))
    ]
    repetitions = {value.repetitions for row in found.rows for value in row if isinstance(value, Spread)}
    legend += [f"{'±':{widest}}  standard deviation over {count:,} repetitions" for count in sorted(repetitions)]
    return "\n".join(
        [
            *_wrapped(" · ".join([name, f"seed {seed}", *settings]), "", "  "),
            "",
            table(headings, list(zip(*columns, strict=True)), right=range(len(headings))),
            "",
            *legend,
            "",
            *_wrapped(found.says, ""),
        ]
    )


def _texts(values: Sequence[Value]) -> list[str]:
    """Return the cells of a column, all with as many decimals as the smallest spread among them needs."""
    spreads = [value for value in values if isinstance(value, Spread)]
    least = min((spread.sd for spread in spreads if spread.sd > 0), default=1.0)
    decimals = min(max(math.ceil(-math.log10(least)), DECIMALS), MOST_DECIMALS)
    if any(abs(spread.mean) > 1 for spread in spreads):
        decimals = 1
    return [_text(value, decimals) for value in values]


def _text(value: Value, decimals: int) -> str:
    if isinstance(value, Spread):
        return f"{value.mean:,.{decimals}f} ± {value.sd:,.{decimals}f}"
    return f"{value:,.{decimals}f}" if isinstance(value, float) else f"{value:,}"


def _settings(asked: Study) -> Mapping[str, Any]:
    return {info.key: _plain(getattr(asked, info.name)) for info in fields_of(type(asked))}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _wrapped(text: str, first: str, following: str | None = None) -> list[str]:
    """Return lines of at most WIDTH characters, indented; a value stays on the line of its key, sign or unit."""
    text = re.sub(r" ([=±%]) |(?<=±) | (?=%)", lambda found: found[0].replace(" ", GLUE), text)
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=first if following is None else following
    )
    return [line.replace(GLUE, " ") for line in lines]
