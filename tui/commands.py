"""The one table of commands: key bindings, footer, command palette, help and the README's list come from it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Command:
    """Something a person can do, by key or by name. `action` is the Textual action that does it."""

    action: str
    keys: str
    label: str
    help: str
    footer: bool = False

    @property
    def shown_keys(self) -> str:
        """The keys as people write them: `space or p`."""
        return " or ".join(_shown(key) for key in self.keys.split(","))


EVERYWHERE = (
    Command("help", "question_mark,f1", "Help", "all keys of this screen and what they do", footer=True),
    Command("command_palette", "ctrl+p,colon", "Commands", "find a command by its name"),
    Command("theme", "t", "Theme", "dark or light colours"),
    Command("leave", "q", "Quit", "leave; what trains is stopped and its page saved", footer=True),
    Command("suspend_process", "ctrl+z", "Suspend", "back to the shell until `fg`; training goes on"),
)

LAB = (
    Command("run", "r", "Run", "train what the panels say, or go on where it is paused", footer=True),
    Command("pause", "p,space", "Pause", "hold after the batch in hand, or go on", footer=True),
    Command("step", "s", "Step", "train one epoch, then hold", footer=True),
    Command("stop", "x", "Stop", "end all runs and keep what they have learned", footer=True),
    Command(
        "resume", "u", "Resume", "train what a stop or a kill has left of the page, to the bits that it would have had"
    ),
    Command("reset", "c", "Clear", "take the curves off the screen for a new page; the saved one stays", footer=True),
    Command("log", "l", "Log", "linear or logarithmic loss", footer=True),
    Command("metric", "m", "Metric", "draw another metric instead of the loss"),
    Command("settings", "w", "Settings", "which value won? the settings of a sweep instead of the curves, and back"),
    Command("inspect", "i", "Inspect", "look into a network, now or at its end: minimum, saddle, plateau or slope?"),
    Command("branch", "b", "Branch", "train from an epoch of this page on with one setting changed, over its curves"),
    Command(
        "rate(1)",
        "right_square_bracket",
        "Rate × 2",
        "twice the learning rate of what trains, from the next batch on; the page keeps it",
    ),
    Command("rate(-1)", "left_square_bracket", "Rate ÷ 2", "half of it"),
    Command("app.compare", "equals_sign", "Compare", "this page beside another: curves, settings, differences"),
    Command("look", "d", "Look", "look at the data: pictures, curves, classes, columns", footer=True),
    Command("find_rate", "f", "Find rate", "try learning rates from small to large, and take the one suggested"),
    Command("notes", "n", "Notes", "write on the page; esc leaves", footer=True),
    Command("save", "ctrl+s", "Save", "save the page now; it is also saved by itself"),
    Command("export", "e", "Export", "write a report of the page and its plot into the folder exports of the pages"),
    Command("app.library", "o", "Open", "the saved pages: read, replay, go on from one", footer=True),
    Command("app.replay", "v", "Replay", "watch the page on the screen again"),
    Command("panel(0)", "1", "Data", "go to the data panel"),
    Command("panel(1)", "2", "Model", "go to the model panel"),
    Command("panel(2)", "3", "Training", "go to the training panel"),
    Command("panel(3)", "4", "Validation", "go to the validation panel"),
    Command("runs", "5", "Runs", "go to the table of runs"),
)

FORM = (
    Command("move(1)", "down,j", "Next", "to the next setting"),
    Command("move(-1)", "up,k", "Previous", "to the setting before"),
    Command("change(1)", "right", "More", "the next choice or a larger number"),
    Command("change(-1)", "left", "Less", "the choice before or a smaller number"),
    Command("edit", "enter", "Edit", "type a value, or choose from a list; esc gives up"),
    Command(
        "sweep",
        "vertical_line",
        "Sweep",
        "type several values, with this sign between them, to try them in turn",
    ),
    Command("forget", "backspace,delete", "Default", "back to the default"),
)

LIBRARY = (
    Command("open", "enter", "Open", "put the page into the lab: its settings, curves and notes", footer=True),
    Command("replay", "v", "Replay", "watch the page again", footer=True),
    Command(
        "filter",
        "slash",
        "Find",
        "show only pages with these words, or with tag:T data:NAME verdict:V status:S",
        footer=True,
    ),
    Command("pick", "f", "Filter", "choose a data set, a tag, a verdict or a status to filter by"),
    Command("sort", "s", "Sort", "sort by the next column", footer=True),
    Command("reverse", "r", "Reverse", "sort the other way round"),
    Command("preview", "p", "Preview", "show the page under the cursor, or leave the room to the table"),
    Command("mark", "space", "Mark", "mark the page for a comparison, or take the mark away"),
    Command(
        "compare", "equals_sign", "Compare", "lay the marked pages over each other, with what differs between them"
    ),
    Command("rename", "n", "Rename", "give the page another title, and its files the name that goes with it"),
    Command("tags", "number_sign", "Tags", "give the page tags or take some away"),
    Command("delete", "d,delete", "Delete", "move the page with all its files to the bin", footer=True),
    Command("restore", "u", "Restore", "bring back what was deleted last; in the bin, the page under the cursor"),
    Command("bin", "b", "Bin", "what is in the bin, or the pages again", footer=True),
    Command("back", "escape,o", "Back", "back to the lab", footer=True),
)

REPLAY = (
    Command("play", "space,p", "Play", "go on or hold", footer=True),
    Command("faster", "plus,equals_sign", "Faster", "twice the speed", footer=True),
    Command("slower", "minus", "Slower", "half the speed"),
    Command("seek(1)", "right", "Forward", "one epoch on", footer=True),
    Command("seek(-1)", "left", "Back", "one epoch back"),
    Command("go", "g", "Go to", "type the epoch to go to: `120`, or `refit 20`"),
    Command(
        "mark(1)",
        "n,full_stop",
        "Mark",
        "the next mark: b best epoch, c changed rate, t turn of a branch, e early end, x divergence, r refit, n note"
        " (a line `epoch 120: …` or `@120 …` of the notes)",
        footer=True,
    ),
    Command("mark(-1)", "N,comma", "Mark before", "the mark before"),
    Command("leap(1)", "pagedown,shift+right", "Leap", "a tenth of the replay on"),
    Command("leap(-1)", "pageup,shift+left", "Leap back", "a tenth of the replay back"),
    Command("jump(0)", "home", "Start", "to the start"),
    Command("jump(1)", "end", "End", "to the end"),
    Command("log", "l", "Log", "linear or logarithmic loss", footer=True),
    Command("metric", "m", "Metric", "draw another metric instead of the loss"),
    Command("settings", "w", "Settings", "the settings of a sweep instead of the curves, and back"),
    Command("branch", "b", "Branch", "train on from this epoch with one setting changed", footer=True),
    Command("app.compare", "c", "Compare", "the page that plays beside another"),
    Command("back", "escape,v", "Leave", "back to where the replay was called", footer=True),
)

COMPARISON = (
    Command("add", "equals_sign,plus", "Add", "one more page beside the others", footer=True),
    Command("log", "l", "Log", "linear or logarithmic loss", footer=True),
    Command("metric", "m", "Metric", "draw another metric instead of the loss", footer=True),
    Command("scroll(1)", "down,j", "Down", "scroll the words down"),
    Command("scroll(-1)", "up,k", "Up", "scroll the words up"),
    Command("scroll(10)", "pagedown,space", "Further down", "scroll the words by ten lines"),
    Command("scroll(-10)", "pageup", "Further up", "scroll the words back by ten lines"),
    Command("back", "escape", "Leave", "back to where the comparison was called", footer=True),
)

GROUPS = (
    ("The lab", LAB),
    ("A setting in a panel", FORM),
    ("The library", LIBRARY),
    ("A replay", REPLAY),
    ("A comparison", COMPARISON),
    ("Everywhere", EVERYWHERE),
)


def bindings(commands: tuple[Command, ...]) -> list[Binding]:
    """Return Textual's bindings of the commands, each with an id by which a person can remap it."""
    return [
        Binding(command.keys, command.action, command.label, show=command.footer, tooltip=command.help, id=_id(command))
        for command in commands
    ]


def as_markdown() -> str:
    """Return all commands as tables, for the README."""
    parts = []
    for title, commands in GROUPS:
        rows = "\n".join(f"| {_code(command)} | {command.label} | {command.help} |" for command in commands)
        parts.append(f"**{title}**\n\n| key | | what it does |\n|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def _code(command: Command) -> str:
    return " or ".join(f"`{_cell(_shown(key))}`" for key in command.keys.split(","))


def _cell(text: str) -> str:
    """Return a text as a cell of a Markdown table."""
    return text.replace("|", "\\|")


def _id(command: Command) -> str:
    return command.action.replace("(", ".").replace(")", "")


NAMES = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "vertical_line": "|",
    "number_sign": "#",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "full_stop": ".",
    "comma": ",",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
}


def _shown(key: str) -> str:
    return NAMES.get(key, key)
