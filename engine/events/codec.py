"""Events as JSON lines: the same in a worker's pipe, in the journal and in what another machine returns."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

from engine.errors import LabError
from engine.events.kinds import KINDS, Event

NUMBERS = frozenset(
    {"value", "seconds", "share", "lowest", "highest", "error", "gradient_norm"}
    | {"gradient_norms", "weight_norms", "unit_means", "unit_sds", "dead"}
    | {"rates", "before", "suggested"}
)
"""Fields whose numbers need not be finite."""
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def encode(event: Event) -> str:
    """Return an event as one line of JSON without its newline; numbers that are not finite become texts."""
    body = {"event": type(event).__name__}
    body |= {name: getattr(event, name) for name in _names(type(event))}
    try:
        return json.dumps(body, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_say_not_finite(body), allow_nan=False, separators=(",", ":"))


def decode(line: str | bytes) -> Event:
    """Return the event of a line.

    Raises
    ------
    LabError
        If the line is not an event of this version.
    """
    try:
        body = json.loads(line)
        kind = KINDS[body.pop("event")]
        event: Event = kind(**{name: _settle(name, value) for name, value in body.items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LabError(
            f"not an event: {str(line)[:80]!r}", "it was written by another version, or is damaged"
        ) from error
    return event


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def _settle(name: str, value: Any) -> Any:
    """Undo what JSON did to a value: lists for tuples, texts for numbers that are not finite."""
    if name == "settings":
        return tuple(value) if isinstance(value, list) else value
    if isinstance(value, dict):
        return {
            key: tuple(map(_number, item)) if isinstance(item, list) else _number(item) for key, item in value.items()
        }
    if name in NUMBERS:
        return tuple(map(_number, value)) if isinstance(value, list) else _number(value)
    return tuple(value) if isinstance(value, list) else value


def _number(value: Any) -> Any:
    return NOT_FINITE[value] if isinstance(value, str) else value


def _say_not_finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, dict):
        return {key: _say_not_finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_say_not_finite(item) for item in value]
    return value
