"""Text from outside, made safe to show: nothing in it can steer the terminal or hide.

A title, a column's name or a file's name may hold terminal escapes, text-direction marks or characters without a
shape. `safe` is called once, where such a text enters the screen; what it returns goes into `Content`, `Text` or a
`Strip`, never into markup.
"""

from __future__ import annotations

import unicodedata

# Letters and marks that draw nothing, or that change the width of their neighbour after it has been counted.
_SHAPELESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SPACES = frozenset("\t\n\v\f\x85\u2028\u2029")
# Control, format (among them the bidirectional ones), surrogate, private and unassigned characters.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def safe(text: str, limit: int = 200) -> str:
    r"""Return the text on one line, with every character that a person could not see written out.

    Control characters become their pictures (`␛`), other hidden ones their Python escapes (`\u202e`), ends of lines
    and tabs spaces. Letters of any script, wide characters and combining marks stay as they are.

    Parameters
    ----------
    text
        Anything, lone surrogates included.
    limit
        The most characters that are returned; a longer text ends in `…`.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    # No character becomes less than one, but for the pair that ends a line on some systems.
    shown = "".join(_visible(character) for character in text[: 2 * limit + 2].replace("\r\n", "\n"))
    if len(shown) <= limit and len(text) <= 2 * limit + 2:
        return shown
    return shown[: max(0, limit - 1)] + "…" if limit > 0 else ""


def masked(text: str) -> str:
    """Return the text with one visible sign in the place of each hidden character; ends of lines and tabs stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(character if character in "\n\t" else _sign(character) for character in lines)


def _sign(character: str) -> str:
    shown = _visible(character)
    return shown if len(shown) == 1 else "\ufffd"


def _visible(character: str) -> str:
    if " " <= character <= "~":
        return character
    if character in _SPACES:
        return " "
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    # A variation selector is a combining mark by its category, but can make the character before it wider.
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    if selector or character in _SHAPELESS or unicodedata.category(character) in _HIDDEN:
        return character.encode("unicode_escape").decode("ascii")
    return character
