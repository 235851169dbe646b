"""The one door between pages and TOML."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import tomli_w

from engine import tables
from engine.errors import KeyProblem, LabError, nearest
from engine.fields import convert
from sessions import files, guarded, lookalikes, newer_page, places, quick, record_reader, record_writer, schema, texts
from sessions.guarded import COMPARE, shortened
from sessions.locate import line_of
from sessions.page import FORMAT, Page, default_title

MOST_BYTES = 64 << 20
# A person whose data have moved may edit `base_dir`, which stands above the checksum.
RECORDED = re.compile(
    r'^\[record\]\n(?:(?:base_dir|salvaged) = [^\n]*\n)*checksum = "(?P<sum>[0-9a-f]*)"\n', re.MULTILINE
)
HEAD = {"format", "schema", "title", "created", "tags", "notes", "record"}


def read_page(path: Path, overrides: Mapping[str, str] | None = None) -> Page:
    """Return the page of a file, after overrides such as `{"training.learning_rate": "0.01"}`.

    Raises
    ------
    LabError
        With file, line and key, for a file that cannot be read or an experiment that cannot be.
    """
    page = _read(path, overrides or {})
    if not places.is_relative(page.experiment):
        return page
    # What a person types is meant from where they stand, what a page says from where it lies.
    start = Path.cwd() if places.KEY in (overrides or {}) else path.parent
    return replace(page, base_dir=str((start / Path(page.base_dir).expanduser()).absolute()))


def _read(path: Path, overrides: Mapping[str, str]) -> Page:
    where, table = str(path), lookalikes.hint_for(path)
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise LabError("is not a file", table or "give the path of a TOML file", where=where)
        if size > MOST_BYTES:
            raise LabError(f"is {size >> 20} MB large", table or "an experiment file has a few lines", where=where)
        raw = path.read_bytes()
    except OSError as error:
        if files.is_link(path) and isinstance(error, FileNotFoundError):
            raise leads_nowhere(where) from error
        hint = "look at the path, or run `lossbook list`" if isinstance(error, FileNotFoundError) else ""
        raise LabError(f"cannot be read: {error.strerror}", hint, where=where) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabError(f"is not UTF-8 text (byte {error.start})", table or "save it as UTF-8", where=where) from error
    return parse(text, where, overrides, table or COMPARE)


def leads_nowhere(where: str) -> LabError:
    """Return what is said of a link in a page's place to a file that is not there."""
    return LabError("is a link that leads nowhere", "delete it, or put back what it led to", where=where)


def parse(text: str, where: str, overrides: Mapping[str, str] | None = None, hint: str = COMPARE) -> Page:
    """Return the page of a text; `where` names it in errors, `hint` says what to do where it is no TOML."""
    page = from_tables(_tables(text, where, hint), where, overrides or {}, text)
    said = [page.read_only, page.salvaged, _suspicion(text, page), _edited(page)]
    return replace(page, warning="; ".join(filter(None, [*said, page.warning])))


def from_tables(body: dict[str, Any], where: str, overrides: Mapping[str, str], text: str = "") -> Page:
    """Return the page of tables after overrides, which are put into them; `text`, where they stand, tells lines."""
    try:
        ran = experiment_hash(body) if "record" in body else ""
        body = schema.migrated(body)
        for key, value in overrides.items():
            _override(body, key, value)
        page = newer_page.read(body, _page) if schema.schema_of(body) > schema.SCHEMA else _page(body)
        return _with_ran(page, ran)
    except KeyProblem as error:
        line = None if error.key in overrides else line_of(text, error.key)
        place = f"{where}, line {line}" if line else f"--set {error.key}" if error.key in overrides else where
        raise LabError(shortened(error.problem), error.hint, where=place) from error
    except LabError as error:
        raise LabError(shortened(error.problem), error.hint, where=error.where or where) from error


def write_page(page: Page) -> str:
    """Return the page as TOML text; parsing it gives the page again.

    Raises
    ------
    LabError
        For a page that is one to read only: what is not understood of it would be lost.
    """
    page.check_writable()
    head: dict[str, Any] = {
        "format": FORMAT,
        "schema": schema.SCHEMA,
        "title": page.title or default_title(page.experiment),
    }
    if page.created is not None:
        head["created"] = page.created
    if page.tags:
        head["tags"] = list(page.tags)
    if page.notes:
        head["notes"] = page.notes
    body = texts.clean(head | tables.to_tables(page.experiment))
    text = tomli_w.dumps(body, multiline_strings=True)
    found_from = page.base_dir if places.is_relative(page.experiment) else ""
    above = {"base_dir": found_from, "salvaged": page.salvaged}
    top = tomli_w.dumps(texts.clean({key: value for key, value in above.items() if value}))
    recorded = ""
    if page.record is not None:
        recorded = record_writer.write(page.record, experiment_hash(body))
        top += f'checksum = "{checksum(recorded)}"\n'
    return f"{text}\n[record]\n{top}{recorded}" if top else text


def checksum(recorded: str) -> str:
    """Return the checksum of the recorded part's text, which tells damage from an edit of the rest."""
    return hashlib.sha256(recorded.encode()).hexdigest()[:16]


def _tables(text: str, where: str, hint: str = COMPARE) -> dict[str, Any]:
    found = quick.read(text, partial(guarded.loads, where=where))
    return guarded.loads(text, where, hint) if found is None else found


def _override(body: dict[str, Any], key: str, value: str) -> None:
    table = body
    *parents, last = key.split(".")
    if parents[:1] == ["sweep"]:
        # The keys of this table are dotted themselves.
        parents, last = ["sweep"], key.removeprefix("sweep.").strip("\"'")
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise LabError(f"{parent} is not a table", "write --set table.key=value", where=f"--set {key}")
    table[last] = value_of(value)


def value_of(text: str) -> Any:
    """Return an override's value: TOML, or else the text as it is."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _page(body: dict[str, Any]) -> Page:
    if body.get("format", FORMAT) != FORMAT:
        raise KeyProblem("format", f"must be {FORMAT!r}, not {body['format']!r}", "this is another program's file")
    unknown = [key for key in body if key not in HEAD and key not in tables.TOP_LEVEL]
    if unknown:
        raise KeyProblem(unknown[0], "is not a key", nearest(unknown[0], [*HEAD, *tables.TOP_LEVEL]))
    recorded = body.get("record", {})
    if not isinstance(recorded, dict):
        raise KeyProblem("record", "must be a table", "leave it out of a file that you write yourself")
    return Page(
        experiment=tables.from_tables({key: value for key, value in body.items() if key not in HEAD}),
        title=convert(body.get("title", ""), str, "title"),
        created=convert(body["created"], datetime, "created") if "created" in body else None,
        tags=convert(body.get("tags", []), tuple[str, ...], "tags"),
        notes=convert(body.get("notes", ""), str, "notes"),
        record=record_reader.read(recorded) if "status" in recorded else None,
        base_dir=convert(recorded.get("base_dir", ""), str, places.KEY),
        salvaged=convert(recorded.get("salvaged", ""), str, "record.salvaged"),
    )


def experiment_hash(body: Mapping[str, Any]) -> str:
    """Return the hash of an experiment's tables as they stand in a file, which tells whether they were edited."""
    plain = {key: value for key, value in body.items() if key not in HEAD}
    if isinstance(plain.get("sweep"), Mapping):
        # Its order is the order of the settings.
        plain["sweep"] = list(plain["sweep"].items())
    try:
        text = json.dumps(plain, sort_keys=True, default=str).replace("\\r\\n", "\\n")
    except ValueError:
        # A whole number too long to be written: no experiment has one, and its key is named later.
        return ""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _with_ran(page: Page, ran: str) -> Page:
    """Return a page whose record knows whether the page's experiment, by its hash, is the one that was run."""
    record = page.record
    if record is None or record.origin.experiment != ran:
        return page
    return replace(page, record=replace(record, origin=replace(record.origin, experiment=None)))


def _edited(page: Page) -> str:
    return "the experiment has been edited since it was run" if page.record and page.record.origin.experiment else ""


def _suspicion(text: str, page: Page) -> str:
    """Return a warning where the text below `[record]` is not the one whose checksum stands above it."""
    # The last one: notes may hold what looks like a record.
    found = RECORDED.match(text, text.rfind("\n[record]\n") + 1)
    if page.record is None if found is None else found["sum"] == checksum(text[found.end() :]):
        return ""
    return "its [record] is not as lossbook wrote it: it was edited, or is damaged"
