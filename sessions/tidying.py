"""What a person does to a page without training it: another title, other tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from sessions import codec, files, heading
from sessions.in_use import untouched
from sessions.moving import move
from sessions.store import slug

MOMENT = re.compile(r"-\d{8}-\d{6}(?=$|-\d+$)")


def rename(path: Path, title: str) -> Path:
    """Give a page another title, and its files the name that goes with it; return where it is now.

    The name keeps the moment at which the page was begun: `births-linear-20261122-101500`.

    Raises
    ------
    LabError
        Where it cannot be; then everything is as it was.
    """
    with untouched(path):
        content = heading.titled(path, title).encode()
        moment = MOMENT.search(path.stem)
        stem = slug(heading.checked(title, "title")) + (moment[0] if moment else "")
        if re.fullmatch(re.escape(stem) + r"(-\d+)?", path.stem):
            files.save(path, content)
            return path
        return move(path, path.parent, stem, content)


def change_tags(path: Path, add: Iterable[str] = (), take: Iterable[str] = ()) -> tuple[str, ...]:
    """Give a page tags, take others away, and return those that it has then; errors as of `rename`."""
    with untouched(path):
        before = codec.read_page(path).tags
        gone = {heading.checked(tag, "tag") for tag in take}
        after = tuple(
            dict.fromkeys([*(tag for tag in before if tag not in gone), *(heading.checked(t, "tag") for t in add)])
        )
        if after != before:
            files.save(path, heading.tagged(path, after).encode())
        return after
