"""Sentences about a sweep: which setting is best, how far the next one is, and where to try further."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engine.fields import FieldInfo, fields_of
from engine.plan import shown_setting
from engine.sweep import Settings
from engine.tables import TABLES
from sessions.record import Record
from sessions.settings import (
    Result,
    chosen_result,
    is_number,
    names_of,
    ranked,
    results_of,
    said,
    values_of,
    varied,
)
from sessions.unchosen import not_chosen, passed_over


def conclusions(
    record: Record, figure: str, write: Callable[[float], str], results: Sequence[Result] | None = None
) -> list[str]:
    """Return what a sweep has shown by a validation figure; nothing where fewer than two settings differ.

    `write` puts a figure into digits; `results` are the record's, where they are known already.
    """
    keys = varied(record)
    results = results_of(record) if results is None else results
    if not keys:
        return []
    order = [result for result in ranked(results, figure) if result.spread("validation", figure) is not None]
    lines = []
    if order:
        lines += [_best(order[0], keys, figure, write), *_next(order, keys, figure, write)]
        chosen = chosen_result(record, results)
        if chosen is not None and chosen.number != order[0].number:
            lines.append(f"chosen by {record.chosen_by or 'loss'}: {said(chosen.settings, keys)}")
        lines += _passed_over(record, keys, write)
        # While others may yet be better there is no telling.
        lines += beyond(record, order[0].settings) if record.over or chosen is not None else []
    if unchosen := not_chosen(record, figure):
        lines.append(unchosen)
    for word in ("diverged", "failed"):
        bad = [result for result in results if result.bad == word]
        if bad:
            lines.append(f"{_count(len(bad))} {word}: {_listed(record, bad, keys)}")
    waiting = sum(result.finished < len(result.runs) for result in results) if not record.over else 0
    if waiting:
        lines.append(f"{_count(waiting)} not finished yet")
    return lines


def beyond(record: Record, best: Settings) -> list[str]:
    """Return a sentence for each numeric key whose best value is the smallest or the largest tried.

    Where the key cannot be smaller or larger, as a dropout below 0, there is nothing to say.
    """
    keys = varied(record)
    lines = []
    for key, name in zip(keys, names_of(keys), strict=True):
        if key == "seed":  # a number without an order
            continue
        values, value = values_of(record, key), best.get(key)
        numbers = [number for number in values if is_number(number)]
        if len(numbers) < 2 or not is_number(value):
            continue
        edges = [("smallest", min(numbers), "below")]
        # A word among them, as a batch of "all" rows, goes further than any number.
        edges += [("largest", max(numbers), "beyond")] if len(numbers) == len(values) else []
        for word, edge, where in edges:
            if value == edge and _may_go(key, value, further=-1 if where == "below" else 1):
                lines.append(f"{name}: the best is the {word} tried: try {where} {shown_setting(value)}")
    return lines


def _best(best: Result, keys: Sequence[str], figure: str, write: Callable[[float], str]) -> str:
    so_far = " so far" if best.so_far else ""
    return f"best{so_far} by validation {figure}: {said(best.settings, keys)}, {_digits(best, figure, write)}"


def _next(order: Sequence[Result], keys: Sequence[str], figure: str, write: Callable[[float], str]) -> list[str]:
    """Say how far the second setting is, where there is one, and in what it differs."""
    first, second = (result.spread("validation", figure) for result in (*order, *order)[:2])
    if len(order) < 2 or first is None or second is None:
        return []
    other = [key for key in keys if order[1].settings.get(key) != order[0].settings.get(key)]
    who = f"next: {said(order[1].settings, other)}"
    shares = [result.finished / len(result.runs) for result in order[:2]]
    if shares[0] > shares[1]:
        return [f"{who}, {write(second.mean)}, but not all of its runs have finished"]
    apart = abs(second.mean - first.mean)
    within = ", less than the sd" if apart < max(first.sd or 0.0, second.sd or 0.0) else ""
    return [f"{who}, {write(apart)} behind{within}"]


def _passed_over(record: Record, keys: Sequence[str], write: Callable[[float], str], most: int = 3) -> list[str]:
    """Say which settings seem better than the chosen one, and why they were not chosen."""
    found = passed_over(record)
    named = [
        f"{said(record.settings[one.setting], keys)} ({write(one.mean)}, {one.finished}/{one.runs} runs)"
        for one in found[:most]
    ]
    more = [f"{_count(len(found) - most)} more"] if len(found) > most else []
    why = "a setting with more finished runs is chosen before a better mean of fewer"
    return [f"{why}, so not {', '.join([*named, *more])}"] if found else []


def _digits(result: Result, figure: str, write: Callable[[float], str]) -> str:
    spread = result.spread("validation", figure)
    assert spread is not None  # noqa: S101 - as above
    return write(spread.mean) if spread.sd is None else f"{write(spread.mean)} ± {write(spread.sd)}"


def _count(number: int) -> str:
    return "1 setting" if number == 1 else f"{number:,} settings"


def _listed(record: Record, bad: Sequence[Result], keys: Sequence[str], most: int = 3) -> str:
    """Name a few settings; of many say which values of one key they have in common, where that tells them all."""
    for key, name in zip(keys, names_of(keys), strict=True) if len(bad) > most else ():
        held = {repr(result.settings.get(key)) for result in bad}
        alike = [settings for settings in record.settings if repr(settings.get(key)) in held]
        values = values_of(record, key)
        places = [place for place, value in enumerate(values) if repr(value) in held]
        if len(alike) == len(bad):
            ordered = all(map(is_number, values)) and len(places) > most
            if ordered and places == list(range(places[0], places[-1] + 1)):
                return f"all with {name} from {shown_setting(values[places[0]])} to {shown_setting(values[places[-1]])}"
            if len(places) <= most:
                return f"all with {name}={' or '.join(shown_setting(values[place]) for place in places)}"
    more = f" and {len(bad) - most:,} more" if len(bad) > most else ""
    return ", ".join(f"({said(result.settings, keys)})" for result in bad[:most]) + more


def _may_go(key: str, value: Any, further: int) -> bool:
    """Tell whether a key may have a value a little below or above one."""
    table, _, name = key.rpartition(".")
    specs = [info.spec for info in _infos(table, name)]
    # A whole number's next one, or a little of a fraction.
    step = 1 if isinstance(value, int) else abs(value) * 1e-3 or 1e-9
    return not specs or any(spec.holds(value + further * step) for spec in specs)


def _infos(table: str, name: str) -> list[FieldInfo]:
    """Return the fields that a dotted key may be: of its table, or of what the table chooses."""
    cls = TABLES.get(table)
    fields = fields_of(cls) if isinstance(cls, type) else ()
    registries = [field.spec.registry for field in fields if field.spec.registry is not None]
    inner = [info for registry in registries for chosen in registry for info in fields_of(registry[chosen])]
    return [info for info in (*fields, *inner) if info.key == name]
