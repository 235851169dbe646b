"""`lossbook tag`, `rename`, `delete`, `restore` and `bin`: what is done to pages without training them."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from engine.errors import LabError
from sessions import codec
from sessions.bin import Bin
from sessions.tidying import change_tags, rename
from tui.cli import OK
from tui.cli.json_text import json_text
from tui.cli.listing import as_table, brief
from tui.cli.pages import store_of
from tui.numbers import counted
from tui.text import safe


def tag(options: argparse.Namespace) -> int:
    """Give a page tags or take some away, and print those that it has."""
    # What begins with a hyphen would be an option, so all that follows the page came unread.
    rest = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    rest.add_argument("--sessions", default=argparse.SUPPRESS)
    options, changes = rest.parse_known_args(options.changes, options)
    path = store_of(options).find(options.session)
    add, take = _tags_in(changes)
    with _named(path.stem):
        tags = change_tags(path, add, take) if add or take else codec.read_page(path).tags
    print(", ".join(safe(one) for one in tags) or "no tags")
    return OK


def _tags_in(changes: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the tags to give and to take away: `+a -b`."""
    odd = next((change for change in changes if change[:1] not in {"+", "-"}), None)
    if odd is not None:
        raise LabError(f"{odd!r} says neither whether to add nor to take away", f"write +{odd} or -{odd}")
    return [one[1:] for one in changes if one[0] == "+"], [one[1:] for one in changes if one[0] == "-"]


def rename_page(options: argparse.Namespace) -> int:
    """Give a page another title, and its files the name that goes with it."""
    path = store_of(options).find(options.session)
    with _named(path.stem):
        print(safe(rename(path, " ".join(options.title)).stem, 300))
    return OK


def delete(options: argparse.Namespace) -> int:
    """Move a page to the bin."""
    store = store_of(options)
    path = store.find(options.session)
    with _named(path.stem):
        put = Bin(store.folder).put(path)
    name = shlex.quote(safe(put.stem, 200))
    print(
        f"{safe(path.stem, 200)} is in the bin: `lossbook restore {'-- ' * name.startswith('-')}{name}` brings it back"
    )
    return OK


def restore(options: argparse.Namespace) -> int:
    """Move a page back out of the bin, or list what is in it."""
    the_bin = Bin(store_of(options).folder)
    if options.name is None:
        return _list_bin(the_bin, as_json=options.json)
    path = the_bin.restore(options.name)
    print(f"{safe(path.stem, 200)} is back")
    return OK


def empty(options: argparse.Namespace) -> int:
    """Delete for good what is in the bin, or list it."""
    the_bin = Bin(store_of(options).folder)
    if not options.empty:
        return _list_bin(the_bin, as_json=options.json)
    count = len(the_bin.entries())
    if not options.yes and not _is_sure(counted(count, "page")):
        print("nothing was deleted")
        return OK
    pages, left = the_bin.empty()
    stays = f"; {counted(left, 'other file')} stayed in {safe(str(the_bin.folder), 500)}" if left else ""
    print(f"{counted(pages, 'page')} deleted{stays}")
    return OK


def _list_bin(the_bin: Bin, *, as_json: bool) -> int:
    entries = the_bin.entries()
    if as_json:
        print(json_text([brief(entry) for entry in entries]))
    else:
        print(as_table(entries) if entries else "the bin is empty")
    return OK


def _is_sure(what: str) -> bool:
    """Ask twice, a person at a terminal; what is deleted here is gone."""
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise LabError("the bin is emptied only by a person at a terminal", "or with --yes")
    first = input(f"Delete {what} for good? Type yes: ")
    return first.strip() == "yes" and input("They cannot be brought back. Type yes again: ").strip() == "yes"


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Say of which page a problem is."""
    try:
        yield
    except LabError as error:
        if error.where:
            raise
        raise LabError(error.problem, error.hint, where=name) from error
