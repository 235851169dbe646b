"""Changing a page's title or tags in its text: every other character stays, the record to the byte."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomli_w

from engine.errors import LabError
from sessions import codec
from sessions.texts import OPAQUE, clean

TABLE = re.compile(r"^[ \t]*\[", re.MULTILINE)
FIRST = ("title", "schema", "format")
"""A key that a page has not is put below the first of these that it has."""
LONGEST = 200
MOST_TAGS = 50


def titled(path: Path, title: str) -> str:
    """Return the text of a page with another title.

    Raises
    ------
    LabError
        Where the page cannot be read, or the title cannot be one.
    """
    return _changed(path, "title", checked(title, "title"))


def tagged(path: Path, tags: Sequence[str]) -> str:
    """Return the text of a page with other tags, in their order and each once; errors as of `titled`."""
    wanted = list(dict.fromkeys(checked(tag, "tag") for tag in tags))
    if len(wanted) > MOST_TAGS:
        raise LabError(f"{len(wanted)} tags are too many", f"a page has at most {MOST_TAGS}")
    return _changed(path, "tags", wanted)


def checked(text: str, what: str) -> str:
    """Return a title or a tag without blanks around it; LabError for one that is empty or very long."""
    text = clean(text).strip()
    if not text:
        raise LabError(f"a {what} cannot be empty", "give it a word")
    if len(text) > LONGEST:
        raise LabError(f"a {what} of {len(text)} characters is too long", f"give at most {LONGEST}")
    return str(text)


def _changed(path: Path, key: str, value: Any) -> str:
    codec.read_page(path).check_writable(path.name)
    if path.is_symlink():
        raise LabError("is a link to another file", "change that one", where=path.name)
    text = path.read_bytes().decode()
    changed = with_key(text, key, value)
    if not _is_only_that(text, changed, key, value):
        raise LabError(f"its {key} is written in an unusual way", "change it in an editor", where=path.name)
    return changed


def _is_only_that(text: str, changed: str, key: str, value: Any) -> bool:
    """Tell whether a text was changed in one key: written by hand, it may say it in a way that is not looked for."""
    try:
        before, after = (tomllib.loads(_head(one)[0].lstrip("\ufeff")) for one in (text, changed))
        page = codec.parse(changed.lstrip("\ufeff"), "")
    except (LabError, ValueError, RecursionError):
        return False
    before.pop(key, None)
    said = after.pop(key, [])
    return said == value and before == after and getattr(page, key) in (value, tuple(value))


def with_key(text: str, key: str, value: Any) -> str:
    """Return a TOML text in which a key above all tables has another value; an empty list takes it away.

    It may not parse where the key is written in an unusual way: the caller looks.
    """
    _, bare = _head(text)
    line = tomli_w.dumps({key: value}) if value else ""
    found = _assignment(bare, key)
    if found is not None:
        start, end = found
        return text[:start] + line + text[end:]
    ends = (place[1] for name in FIRST if (place := _assignment(bare, name)) is not None)
    first = next(ends, int(text.startswith("\ufeff")))
    return text[:first] + line + text[first:]


def _head(text: str) -> tuple[str, str]:
    """Return what stands above all tables, as it is and with each text and comment blanked out, place for place."""
    bare = OPAQUE.sub(lambda found: "\0" * len(found[0]), text)
    table = TABLE.search(bare)
    end = table.start() if table else len(text)
    return text[:end], bare[:end]


def _assignment(bare: str, key: str) -> tuple[int, int] | None:
    """Return where the lines of a key begin and end."""
    found = re.search(rf"^[ \t]*{key}[ \t]*=", bare, re.MULTILINE)
    if found is None:
        return None
    depth = 0
    for place in range(found.end(), len(bare)):
        depth += (bare[place] in "[{") - (bare[place] in "]}")
        if bare[place] == "\n" and depth <= 0:
            return found.start(), place + 1
    return found.start(), len(bare)
