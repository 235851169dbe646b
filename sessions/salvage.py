"""What can be had of a damaged page: its settings and notes, and each run that can still be read.

Nothing here reads TOML by itself: pieces of the page are put together and given to the codec, until it reads them.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from engine.errors import LabError
from engine.plan import RunSpec, plan, settings_of, wants_refit
from sessions import codec, files
from sessions.beside import SUFFIX, backup_of
from sessions.page import Page
from sessions.record import Record, RunRecord

# The last one may be cut off in its name.
RECORDS = re.compile(r"^\[\[?(?:record\b|\w*\Z)", re.MULTILINE)
TABLE = re.compile(r"^\[", re.MULTILINE)
# Where no sign ends them any more, the keys that stand below them do.
NOTES = re.compile(
    r'^notes = """\n?(?P<notes>.*?)(?:"""[^\n]*\n|(?=^(?:seed|restarts|choose_by|baselines) = |^\[data\]))',
    re.MULTILINE | re.DOTALL,
)
# Without it nothing says what was trained on, and no page can be had.
DATA = re.compile(r"^[ \t]*(?:\[[ \t]*data[ \t]*\]|data[ \t]*[.=])", re.MULTILINE)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
BARE = '[record]\nstatus = "interrupted"\n'
MOST_TRIES = 300
"""So many lines or tables are left out, one at a time, in search of the one that is damaged."""
MOST_HEAD, MOST_DOUBTS = 1 << 20, 20
"""Settings and notes are not longer, and not so many of their lines look like the record's beginning."""
TRAINED_AGAIN = "and `lossbook resume` trains what is lost again"
LOST = "what was recorded of it is damaged"


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A page that can be read, and in words what of the damaged one is not in it."""

    page: Page
    lost: tuple[str, ...]
    """Of the settings and the notes."""
    unrecorded: tuple[str, ...]
    """Of the record."""


def is_damaged(path: Path) -> bool:
    """Tell whether a file is none that a person or this program would have written: no TOML, no text, nothing in it.

    A mistake in a setting is none of that, and is for a person to mend.
    """
    try:
        if not path.is_file() or path.stat().st_size > codec.MOST_BYTES:
            return False
        text = path.read_bytes().decode("utf-8-sig")
        codec.parse(text, str(path))
    except UnicodeDecodeError:
        return True
    except OSError:
        return False
    except LabError as error:
        return not text.strip("\0 \n") or error.problem.startswith(("is not valid TOML", "[record] is damaged"))
    return False


def what_is_wrong(path: Path, error: LabError) -> str:
    """Return why a page cannot be read, and what to do: a damaged one can be salvaged, a mistake must be mended."""
    if is_damaged(path):
        return f"{error.problem}; {_what_is_left(path)}"
    return f"{error.problem}; {error.hint}" if error.hint else error.problem


def advised(error: LabError, folder: Path) -> LabError:
    """Return an error with what can be done about it, where it is of a damaged page of a folder of pages."""
    path = Path(error.where.partition(", line ")[0])
    if path.suffix != SUFFIX or path.parent != folder or not is_damaged(path):
        return error
    return LabError(error.problem, _what_is_left(path), where=error.where)


def _what_is_left(path: Path) -> str:
    """Return what can be done with a damaged page."""
    with suppress(OSError):
        if DATA.search(_text_of(path)):
            return f"`lossbook salvage {path.stem}` keeps what can be had of it"
    backup = backup_of(path)
    if files.is_there(backup):
        return f"nothing of it can be had: {backup.name} is the page as it was before the last save"
    return "nothing of it can be had: delete it"


def _text_of(path: Path) -> str:
    """Return the text of a file, also of one that an editor has saved as "Unicode", which is UTF-16 there."""
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace").replace("\r\n", "\n")
    return raw.decode("utf-8", "replace")


def salvage(path: Path) -> Salvaged | None:
    """Return what can be had of a damaged page; None where not even its data set and model can be made out."""
    try:
        if path.stat().st_size > codec.MOST_BYTES:
            return None
        text = _text_of(path)
    except OSError:
        return None
    head, pieces = _divided(text)
    found = _head(head)
    if found is None:
        return None
    good, lost = found
    page, problems = _with_record(good, pieces)
    return Salvaged(page, tuple(lost), tuple(problems))


def _divided(text: str) -> tuple[str, list[str]]:
    """Return what stands above the record, and the record's tables, the first with its own keys."""
    starts = [match.start() for match in RECORDS.finditer(text)]
    for start in [start for start in starts if start <= MOST_HEAD][:MOST_DOUBTS]:
        # Notes may hold what looks like a record: then what stands above it is no page.
        if _read(text[:start]) is not None:
            starts = starts[starts.index(start) :]
            break
    else:
        last = text.rfind("\n[record]\n") + 1
        starts = [start for start in starts if start >= last]
    if not starts:
        return text, []
    return text[: starts[0]], [text[start:end] for start, end in pairwise([*starts, len(text)])]


def _head(text: str) -> tuple[str, list[str]] | None:
    """Return the part above the record as far as it can be read, and what is lost of it."""
    if _read(text) is not None:
        return text, []
    if len(text) > MOST_HEAD:
        return None
    for candidate, lost in _mended(text):
        if _read(candidate) is not None:
            return candidate, [lost]
    return None


def _mended(text: str) -> Iterator[tuple[str, str]]:
    """Yield the text with as little as possible left out, and what that is, from the least to the most."""
    lines = text.splitlines(keepends=True)
    notes = NOTES.search(text)
    for place, line in enumerate(lines[:MOST_TRIES]):
        # Without its first line, a text would be read as settings.
        if not line.startswith("notes = "):
            yield "".join(lines[:place] + lines[place + 1 :]), f"the line {line.strip()[:60]!r} is lost"
    if notes:
        kept = CONTROL.sub("\ufffd", notes["notes"]).replace("\\", "").replace("'''", "")
        yield text[: notes.start()] + f"notes = '''\n{kept}'''\n" + text[notes.end() :], "signs in the notes are lost"
        yield text[: notes.start()] + text[notes.end() :], "the notes are lost"
    tables = [match.start() for match in TABLE.finditer(text)]
    for start, end in pairwise([*tables, len(text)]):
        yield text[:start] + text[end:], f"the settings of {text[start:end].partition(chr(10))[0][:30]} are lost"
    for place in range(min(len(lines), MOST_TRIES) - 1, 0, -1):
        yield "".join(lines[:place]), f"the settings from {lines[place].strip()[:60]!r} on are lost"


def _with_record(head: str, pieces: Sequence[str]) -> tuple[Page, list[str]]:
    """Return the page with each part of its record that can be read."""
    problems = []
    if not pieces:
        page = codec.parse(head, "")
        return page, ["its runs are lost"]
    top, *rest = pieces
    if not top.startswith("[record]\n"):
        top, rest = "", list(pieces)
    own = "".join(line for line in top.splitlines(keepends=True) if not line.startswith("checksum = "))
    if _read(head + own) is None or "\nstatus = " not in own:
        own = BARE
        problems.append("the summary of its record is lost")
    kept = _readable(head + own, rest)
    page = codec.parse(head + own + "".join(kept), "")
    others = [piece for piece in rest if piece not in kept and not piece.startswith("[[record.runs]]")]
    names = {piece.partition("\n")[0].strip("[]")[:40] for piece in others}
    problems += [f"{name} is lost" for name in sorted(names)]
    return _with_every_run(page, problems)


def _readable(before: str, pieces: Sequence[str]) -> list[str]:
    """Return the pieces that can be read after `before`, found by halving: most of them can."""
    if not pieces or _read(before + "".join(pieces)) is not None:
        return [*pieces]
    if len(pieces) == 1:
        return []
    half = len(pieces) // 2
    return _readable(before, pieces[:half]) + _readable(before, pieces[half:])


def _with_every_run(page: Page, problems: list[str]) -> tuple[Page, list[str]]:
    """Put a run for every one that is lost, so that the others keep their places, and `resume` trains it again."""
    record = page.record or Record("interrupted")
    try:
        specs = plan(page.experiment)
        settings = tuple(settings_of(page.experiment))
    except LabError as error:
        return page, [*problems, f"its runs cannot be counted: {error.problem}"]
    labels = {spec.label for spec in specs}
    if record.settings != settings and not any(run.label in labels for run in record.candidates):
        # The page says from now on that its experiment is another than the one that was run.
        return page, [*problems, "its runs stay as they are, of settings that are lost"]
    known = {run.label: run for run in record.candidates if not _is_cut_short(run, record)}
    runs = [known.get(spec.label) or _lost(spec, page) for spec in specs]
    missing = sum(spec.label not in known for spec in specs)
    refit, total = record.refit, len(specs)
    if refit is None and wants_refit(page.experiment) and record.status == "finished":
        missing, total = missing + 1, total + 1
    record = replace(record, runs=(*runs, *([refit] if refit else [])), settings=settings)
    if missing:
        said = f"{missing} of {total} runs {'is' if missing == 1 else 'are'} lost"
        problems = [*problems, f"{said}, {TRAINED_AGAIN}"]
        record = replace(record, status="interrupted")
    return replace(page, record=record), problems


def _is_cut_short(run: RunRecord, record: Record) -> bool:
    """Tell whether the curves of a run are fewer than those of most: a page that ends in it still reads as one."""
    usual = Counter(map(_curves, record.candidates)).most_common(1)[0][0]
    return run.status == "finished" and _curves(run) < usual


def _curves(run: RunRecord) -> frozenset[tuple[str, str]]:
    curves = (("train", run.train_curves), ("validation", run.validation_curves))
    return frozenset((part, name) for part, named in curves for name in named)


def _lost(spec: RunSpec, page: Page) -> RunRecord:
    return RunRecord(
        spec.label,
        setting=spec.setting,
        restart=spec.restart + 1,
        repeat=spec.repeat + 1,
        fold=spec.fold + 1,
        status="interrupted",
        epochs=page.experiment.training.epochs,
        problem=LOST,
    )


def once_resumed(salvaged: str) -> str:
    """Return what is said of a salvaged page once the runs that were lost have been trained again."""
    source, colon, rest = salvaged.partition(": ")
    return source + colon + "; ".join(part for part in rest.split("; ") if not part.endswith(TRAINED_AGAIN))


def _read(text: str) -> Page | None:
    try:
        return codec.parse(text, "")
    except LabError:
        return None
