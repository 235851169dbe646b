"""Write the table of keys into the README, from the app's own table of commands."""

from __future__ import annotations

import re
from pathlib import Path

from tui.commands import as_markdown

README = Path(__file__).parents[2] / "README.md"
BETWEEN = re.compile(r"(<!-- keys: [^\n]*-->\n).*?(<!-- /keys -->)", re.DOTALL)


def main() -> None:
    """Replace what stands between the two marks."""
    text = README.read_text(encoding="utf-8")
    README.write_text(BETWEEN.sub(lambda marks: f"{marks[1]}\n{as_markdown()}\n{marks[2]}", text), encoding="utf-8")


if __name__ == "__main__":
    main()
