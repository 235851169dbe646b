"""Fields of an experiment's dataclasses: default, bounds, choices and the one sentence of help, said once.

The same declaration checks values here, draws the form in the app, and is the reference in the help.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from datetime import date, datetime
from typing import Any, Literal, TypeGuard

from engine.errors import KeyProblem, nearest
from engine.registry import Registry

Scale = Literal["linear", "log"]


@dataclass(frozen=True, slots=True)
class Spec:
    """What is known of one field beside its type."""

    help: str = ""
    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    scale: Scale = "linear"
    registry: Registry[Any] | None = None
    key: str | None = None
    absent: str = "auto"
    """What None means, in a word."""
    rare: bool = False
    """Whether most experiments leave it alone: a form then shows it only where it is asked to, or where it is set."""

    def says(self) -> str:
        """Return the range in words: `above 0 and below 1`, empty without bounds."""
        bounds = (("above", self.above), ("at least", self.at_least), ("below", self.below), ("at most", self.at_most))
        return " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)

    def holds(self, value: float) -> bool:
        """Tell whether a number lies in the range; NaN never does."""
        return (
            not (isinstance(value, float) and math.isnan(value))
            and (self.above is None or value > self.above)
            and (self.at_least is None or value >= self.at_least)
            and (self.below is None or value < self.below)
            and (self.at_most is None or value <= self.at_most)
        )


def option(
    default: Any = MISSING,
    help: str = "",  # noqa: A002 - `help` is what the reader of a field expects
    *,
    absent: str = "auto",
    rare: bool = False,
) -> Any:
    """Declare a field without bounds; `absent` is what None means, in a word."""
    return dataclasses.field(default=default, metadata={"spec": Spec(help=help, absent=absent, rare=rare)})


def bounded(
    default: Any = MISSING,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
    scale: Scale = "linear",
    help: str = "",  # noqa: A002 - as in `option`
    absent: str = "auto",
    rare: bool = False,
) -> Any:
    """Declare a number (or a list of numbers) with a range; `scale` is how a form steps through it."""
    spec = Spec(
        help=help,
        above=above,
        at_least=at_least,
        below=below,
        at_most=at_most,
        scale=scale,
        absent=absent,
        rare=rare,
    )
    return dataclasses.field(default=default, metadata={"spec": spec})


def choice(registry: Registry[Any], default: Any = MISSING, *, key: str | None = None, help: str = "") -> Any:  # noqa: A002
    """Declare a field that holds one registered dataclass.

    In a file its name is the value of `key` (by default the field's own name) and its fields are further keys
    of the same table: `optimizer = "momentum"` brings the key `momentum` with it.
    """
    return dataclasses.field(default=default, metadata={"spec": Spec(help=help, registry=registry, key=key)})


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One field of a dataclass as files and forms see it."""

    name: str
    key: str
    type: Any
    default: Any
    spec: Spec

    @property
    def optional(self) -> bool:
        """Whether None, which a file says by leaving the key out, is a value."""
        return type(None) in alternatives(self.type)


def group_in(annotation: Any) -> type[Any] | None:
    """Return the dataclass that an optional field may hold: a small table of its own, such as `early_stopping`."""
    kinds = alternatives(annotation)
    return next((kind for kind in kinds if _is_table(kind) and len(kinds) > 1), None)


def _is_table(kind: Any) -> TypeGuard[type[Any]]:
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, or the annotation itself."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return typing.get_args(annotation)
    return (annotation,)


_FIELDS: dict[type[Any], tuple[FieldInfo, ...]] = {}


def fields_of(cls: type[Any]) -> tuple[FieldInfo, ...]:
    """Return the declared fields of a dataclass, in order; looked up once, since every check of a value asks."""
    if cls not in _FIELDS:
        hints = typing.get_type_hints(cls)
        _FIELDS[cls] = tuple(
            FieldInfo(f.name, f.metadata["spec"].key or f.name, hints[f.name], f.default, f.metadata["spec"])
            for f in dataclasses.fields(cls)
            if "spec" in f.metadata
        )
    return _FIELDS[cls]


def convert(value: Any, annotation: Any, key: str) -> Any:
    """Return `value` as the annotated type, or raise a KeyProblem that says what was expected.

    Only what loses nothing is converted: an int to a float, a list to a tuple, a datetime at midnight to a date.
    """
    for kind in alternatives(annotation):
        found, converted = _convert_one(value, kind, key)
        if found:
            return converted
    literals = [
        choice for kind in alternatives(annotation) for choice in typing.get_args(kind) if isinstance(choice, str)
    ]
    if literals and isinstance(value, str):
        raise KeyProblem(key, f"cannot be {shown(value)}", nearest(value, literals))
    raise KeyProblem(key, f"must be {describe(annotation)}, not {shown(value)}")


def _convert_one(value: Any, kind: Any, key: str) -> tuple[bool, Any]:  # noqa: PLR0911 - one return a type
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        return value in arguments and isinstance(value, str), value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            return False, None
        return True, tuple(convert(item, arguments[0], f"{key}[{place}]") for place, item in enumerate(value))
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool), _as_float(value)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool), value
    if _is_table(kind):
        return _as_group(value, kind, key)
    if kind is date:
        if isinstance(value, datetime):
            midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
            return midnight, value.date()
        return (True, value) if isinstance(value, date) else _as_date(value)
    return isinstance(value, kind), value


def _as_group(value: Any, kind: type[Any], key: str) -> tuple[bool, Any]:
    """Return a dataclass from a table of its fields."""
    if isinstance(value, kind):
        return True, value
    if not isinstance(value, Mapping):
        return False, None
    known = {info.key: info for info in fields_of(kind)}
    for name in value:
        if name not in known:
            raise KeyProblem(f"{key}.{name}", "is not a key", nearest(str(name), known))
    return True, kind(**{known[n].name: convert(item, known[n].type, f"{key}.{n}") for n, item in value.items()})


def _as_date(value: Any) -> tuple[bool, Any]:
    # JSON has no dates: there they are ISO texts.
    try:
        return True, date.fromisoformat(value)
    except (TypeError, ValueError):
        return False, None


def _as_float(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "a text",
    date: "a date such as 2013-01-01",
    datetime: "a date with a time, such as 2013-01-01T12:00:00Z",
}


def describe(annotation: Any) -> str:
    """Return a type in words."""
    said = []
    for kind in alternatives(annotation):
        if kind is type(None):
            continue
        if typing.get_origin(kind) is Literal:
            said.append(" | ".join(f'"{name}"' for name in typing.get_args(kind)))
        elif typing.get_origin(kind) is tuple:
            item = describe(typing.get_args(kind)[0]).removeprefix("a ")
            said.append(f"a list of {item}s" if item in {"number", "whole number", "text"} else f"a list of {item}")
        elif _is_table(kind):
            said.append(f"a table of {', '.join(info.key for info in fields_of(kind))}")
        else:
            said.append(WORDS.get(kind, getattr(kind, "__name__", str(kind))))
    return " or ".join(said)


def shown(value: Any) -> str:
    """Return a value as an error quotes it: in one short piece, whatever it is."""
    if isinstance(value, date):
        return value.isoformat()
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print a whole number of more than 4,300 digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:59]}…"


def check(instance: Any, table: str = "") -> None:
    """Raise a KeyProblem for the first field whose type or range is wrong: called by each dataclass when it is made."""
    for info in fields_of(type(instance)):
        value = getattr(instance, info.name)
        key = f"{table}.{info.key}" if table else info.key
        if info.spec.registry is not None or dataclasses.is_dataclass(value):
            continue
        convert(value, info.type, key)
        for number in value if isinstance(value, tuple) else (value,):
            if isinstance(number, int | float) and not isinstance(number, bool) and not info.spec.holds(number):
                raise KeyProblem(key, f"must be {info.spec.says() or 'a number'}, not {shown(number)}")
