"""The command line. Each command's code is imported when it is called: `--help` must come at once."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, TextIO, TypeAlias, cast

if TYPE_CHECKING:
    from engine.errors import LabError

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

DESCRIPTION = "A lab notebook for training neural networks, in a terminal. Without a command it opens the notebook."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 failed, 2 bad input, 130 ctrl+c."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    from engine.errors import LabError
    from sessions import folders
    from tui.cli.output import Output, OutputError, drop

    folders.settle()
    stream = sys.stdout
    try:
        with contextlib.redirect_stdout(cast("TextIO", Output(stream))):
            status: int = _command(options)(options)
            # Now, and not at exit, where nobody could tell it in a line.
            sys.stdout.flush()
    except LabError as error:
        return complain(str(_advised(error, options)))
    except KeyboardInterrupt:
        return INTERRUPTED
    except OutputError as error:
        drop(stream)
        # The reader of a pipe, such as `head`, may have seen enough.
        return OK if isinstance(error.cause, BrokenPipeError) else complain(str(error))
    return status


def _advised(error: LabError, options: argparse.Namespace) -> LabError:
    """Return an error with the way out of it, where a page is damaged and that is not what is just tried."""
    from sessions.salvage import advised
    from tui.cli.pages import store_of

    return error if "salvage" in options.function[0] else advised(error, store_of(options).folder)


def complain(problem: str) -> int:
    """Print a problem as one line and return the status of bad input."""
    from tui.text import safe

    print(f"lossbook: {safe(problem, 1_000)}", file=sys.stderr)
    return BAD_INPUT


Add: TypeAlias = Callable[[str, str, str], argparse.ArgumentParser]
"""Adds a command by its name, its function and what it does."""


def _command(options: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    module, function = options.function
    command: Callable[[argparse.Namespace], int] = getattr(import_module(module), function)
    return command


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    everywhere = argparse.ArgumentParser(add_help=False)
    # Without a default of its own, so that it may stand before or after the command.
    everywhere.add_argument(
        "--sessions",
        metavar="DIR",
        default=argparse.SUPPRESS,
        help="folder of the pages (or LOSSBOOK_SESSIONS; by default in your user data folder)",
    )
    parser = argparse.ArgumentParser(prog="lossbook", description=DESCRIPTION, parents=[everywhere])
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    _add_app_options(parser)
    parser.set_defaults(function=("tui.cli.open", "open_app"), page=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, function: str, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", parents=[everywhere])
        added.set_defaults(function=tuple(f"tui.cli.{function}".rsplit(".", 1)))
        return added

    _add_training(command)
    _add_pages(command)
    _add_data(command)
    return parser


def _add_training(command: Add) -> None:
    """Add what trains or computes."""
    run = command("run", "run.run", "train headless and save a page for each file")
    run.add_argument("files", nargs="+", metavar="FILE|SESSION")
    _add_set(run, "override a key, as in TOML")
    _add_json(run, "one JSON object a file on standard output")
    workers = "worker processes (default: the cores, or a cluster's threads)"
    run.add_argument("--workers", type=_positive, metavar="N", help=workers)
    dask = "train on the Dask cluster whose scheduler is at tcp://HOST:PORT"
    run.add_argument("--dask", metavar="ADDRESS", help=dask)

    resume = command("resume", "resume.resume", "train what a stopped or killed study has left")
    resume.add_argument("session", metavar="SESSION")
    _add_json(resume, "as `run --json` prints it")
    resume.add_argument("--workers", type=_positive, metavar="N", help="worker processes (default: the cores)")

    verify = command("verify", "verify.verify_page", "train a page again: the same bits, or the first that differ?")
    verify.add_argument("session", metavar="SESSION")
    _add_json(verify)
    verify.add_argument("--workers", type=_positive, metavar="N", help="worker processes (default: the cores)")

    branch = command("branch", "branch.branch", "train a page again up to an epoch, then on with one other setting")
    branch.add_argument("session", metavar="SESSION")
    branch.add_argument("--at", type=_count, required=True, metavar="EPOCH", help="after this epoch it is another")
    branch.add_argument("--set", required=True, metavar="KEY=VALUE", help="such as training.learning_rate=0.001")
    _add_json(branch, "as `run --json` prints it")
    branch.add_argument("--workers", type=_positive, metavar="N", help="worker processes (default: the cores)")

    find_rate = command("find-rate", "find_rate.find_rate", "try learning rates from small to large and suggest one")
    find_rate.add_argument("file", metavar="FILE|SESSION")
    _add_set(find_rate, "override a key, as in TOML")
    _add_json(find_rate)

    study = command("study", "study.study", "list the studies of their own, or do one: what luck does, what peeking")
    study.add_argument("name", nargs="?", metavar="NAME", help="a study; without one they are listed")
    study.add_argument("file", nargs="?", metavar="FILE|SESSION", help="the experiment of a learning curve")
    study.set_defaults(dask=None, workers=None)
    _add_set(study, "change a setting of the study")
    study.add_argument("--seed", type=_seed, default=0, metavar="N", help="another seed, other draws (default 0)")
    _add_json(study, "one JSON value on standard output")


def _add_pages(command: Add) -> None:
    """Add what reads pages."""
    listed = command("list", "listing.list_pages", "list the saved pages: all, or those with some words")
    listed.add_argument("words", nargs="*", metavar="WORD", help="in title, data, status, verdict, tags, notes or name")
    listed.add_argument("--tag", action="append", default=[], metavar="T", help="with this tag (may be repeated)")
    listed.add_argument("--data", metavar="NAME", help="about this data set or file")
    listed.add_argument("--verdict", metavar="V", help="with this verdict, such as overfitting")
    listed.add_argument("--status", metavar="S", help="finished, interrupted, diverged ...")
    orders = ("saved", "created", "title", "data", "status", "runs", "loss", "verdict", "looks", "name")
    listed.add_argument("--sort", choices=orders, default="saved", help="by what (default: saved, the last first)")
    listed.add_argument("--reverse", action="store_true", help="the other way round")
    _add_json(listed, "one JSON list")
    _add_tidying(command)

    show = command("show", "pages.show_page", "show a page: settings, runs, notes")
    show.add_argument("session", metavar="SESSION")
    show.add_argument("--runs", action="store_true", help="every run of a sweep, not only its settings")
    _add_json(show, "as `run --json` prints it")

    salvage = command(
        "salvage", "salvage.salvage", "keep what can be had of a damaged page; the damaged file stays too"
    )
    salvage.add_argument("session", metavar="SESSION")

    compare = command("compare", "compare.compare", "compare pages with the first: settings, differences, a verdict")
    compare.add_argument("pages", nargs="+", metavar="SESSION", help="two or more")
    _add_json(compare)

    _add_export(command)

    predict = command("predict", "predict.predict", "apply a page's kept network to new rows, as CSV")
    predict.add_argument("session", metavar="SESSION")
    predict.add_argument("file", metavar="FILE", help="rows with the page's columns, or the name of a data set")
    predict.add_argument("--run", type=_positive, metavar="N", help="its number on the page (default: the result)")
    predict.add_argument("--out", metavar="FILE", help="a new file (default: standard output)")
    predict.add_argument("--force", action="store_true", help="replace it if it is there; the old one stays as .bak")

    replay = command("replay", "replay.replay", "watch a page again")
    replay.add_argument("session", metavar="SESSION")
    speed = "1 is the pace it had (default 1; lines in a pipe come at once)"
    replay.add_argument("--speed", type=_speed, metavar="X", help=speed)
    replay.add_argument("--from", type=_count, dest="first", metavar="EPOCH", help="begin at this epoch")
    replay.add_argument("--to", type=_count, dest="last", metavar="EPOCH", help="end after this one (of the lines)")
    replay.add_argument("--plain", action="store_true", help="print lines instead of opening the notebook")
    _add_app_options(replay)

    inspect = command("inspect", "inspect.inspect", "say where a run stands: minimum, saddle point, plateau or slope")
    inspect.add_argument("session", metavar="SESSION")
    inspect.add_argument("--run", type=_positive, metavar="N", help="its number on the page (default: the last)")
    _add_json(inspect)


def _add_export(command: Add) -> None:
    """Add what takes a page elsewhere."""
    export = command("export", "export.export", "write a page down for others: as a table, a report, a plot, a script")
    export.add_argument("session", metavar="SESSION")
    # The formats are looked up when one is asked for: `--help` must come at once.
    formats = "csv (every epoch), json (everything), md (a report), svg (the plot) or pytorch (a script that trains it)"
    export.add_argument("--to", required=True, metavar="FORMAT", help=formats)
    export.add_argument("--out", metavar="FILE", help="a new file (default: standard output)")
    export.add_argument("--force", action="store_true", help="replace FILE if it is there; the old one stays as .bak")
    export.add_argument("--final", action="store_true", help="csv: a row for each run with its figures at the end")
    export.add_argument("--run", type=_positive, metavar="N", help="pytorch: which run (default: the result)")
    export.add_argument("--metric", metavar="NAME", help="md and svg: what is drawn (default: loss)")
    export.add_argument("--log", action="store_true", help="md and svg: on a logarithmic axis")


def _add_tidying(command: Add) -> None:
    """Add what is done to pages without training them."""
    tag = command("tag", "tidy.tag", "list the tags of a page, give it some or take some away")
    tag.usage = "lossbook tag [--sessions DIR] SESSION [+TAG | -TAG ...]"
    tag.add_argument("session", metavar="SESSION")
    tag.add_argument(
        "changes", nargs=argparse.REMAINDER, metavar="+TAG|-TAG", help="+a gives it the tag a, -a takes it"
    )

    rename = command("rename", "tidy.rename_page", "give a page another title and name")
    rename.add_argument("session", metavar="SESSION")
    rename.add_argument("title", nargs="+", metavar="TITLE")

    delete = command("delete", "tidy.delete", "move a page to the bin")
    delete.add_argument("session", metavar="SESSION")

    restore = command("restore", "tidy.restore", "bring a page back from the bin, or list what is there")
    restore.add_argument("name", nargs="?", metavar="NAME")
    _add_json(restore, "one JSON list of what is there")

    emptied = command("bin", "tidy.empty", "list what is in the bin, or empty it")
    emptied.add_argument("--empty", action="store_true", help="delete for good what is there; asks twice")
    emptied.add_argument("--yes", action="store_true", help="do not ask")
    _add_json(emptied, "one JSON list of what is there")


def _add_data(command: Add) -> None:
    """Add what starts an experiment: its file and its data."""
    new = command("new", "new.new", "write a commented experiment file to start from")
    new.add_argument("file", nargs="?", metavar="FILE", help="standard output if left out")

    fetch = command("fetch", "fetch.fetch", "list the data sets that can be downloaded, or download one")
    fetch.add_argument("name", nargs="?", metavar="NAME")
    fetch.epilog = (
        "It goes to your user data folder, or to LOSSBOOK_DATA. LOSSBOOK_MIRROR may be the address of another place to"
        " take it from, with a folder for each data set."
    )

    data = command("data", "data.data", "list the data sets, or describe one, or a file")
    said = "a data set, a table, or the experiment file (.toml) that reads one"
    data.add_argument("name", nargs="?", metavar="NAME|FILE", help=said)
    _add_set(data, "such as data.decimal=comma")
    _add_json(data, "one JSON value on standard output")


def _add_set(parser: argparse.ArgumentParser, says: str) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=says)


def _add_json(parser: argparse.ArgumentParser, says: str = "one JSON object on standard output") -> None:
    parser.add_argument("--json", action="store_true", help=says)


def _add_app_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--theme", choices=["dark", "light"], default="dark", help="colours of the app (default dark)")
    parser.add_argument(
        "--fps", type=_fps, metavar="N", help="most redraws a second (default: 5 while training, 12 of a replay)"
    )
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal, to select text")


class _Version(argparse.Action):
    """Prints the version, looked up only then: reading the package's metadata takes time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"lossbook {version('lossbook')}")
        parser.exit()


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more, not {text}")
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be 0 or more, not {text}")
    return number


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**63:
        raise argparse.ArgumentTypeError(f"must be between 0 and 2**63 - 1, not {text}")
    return number


def _fps(text: str) -> int:
    number = _positive(text)
    if number > 60:
        raise argparse.ArgumentTypeError(f"must be at most 60, not {text}")
    return number


def _speed(text: str) -> float:
    number = float(text)
    if not 0.01 <= number <= 10_000:
        raise argparse.ArgumentTypeError(f"must be between 0.01 and 10000, not {text}")
    return number
