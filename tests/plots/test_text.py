"""Nothing that could steer a terminal or hide survives `safe`."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.text import safe

# Hypothesis leaves surrogates out unless told otherwise.
TEXTS = st.text(st.characters(exclude_categories=[]) | st.sampled_from("\x1b\x9b\u202e\ud800\ue000\n\t\r\u200d"))


@given(TEXTS, st.integers(0, 60))
def test_what_is_returned_can_be_seen_and_is_not_too_long(text, limit):
    shown = safe(text, limit)
    assert len(shown) <= limit
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    shown.encode()


@given(TEXTS)
def test_a_safe_text_is_safe_already(text):
    assert safe(safe(text)) == safe(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]52;c;AAAA\x07", "␛]52;c;AAAA␇"),
        ("a\x9b31mb", r"a\x9b31mb"),
        ("loss\u202egnp", r"loss\u202egnp"),
        ("\ud83d", r"\ud83d"),
        ("\ue0b0 \U000e0041", r"\ue0b0 \U000e0041"),
        ("one\r\ntwo\tthree\u2028four\rfive", "one two three four␍five"),
        ("验证损失 e\u0301 naïve ²", "验证损失 e\u0301 naïve ²"),
        ("\u2764\ufe0f", "\u2764" + r"\ufe0f"),
        ("[bold]a[/]", "[bold]a[/]"),
        ("\x7f\u3164", r"␡\u3164"),
    ],
)
def test_what_a_person_sees(text, shown):
    assert safe(text) == shown


def test_a_long_text_ends_in_dots():
    assert safe("x" * 300) == "x" * 199 + "…"
    assert safe("x" * 200) == "x" * 200
    assert safe("\x9b" * 100, 10) == r"\x9b\x9b\…"
    assert safe("abc", 1) == "…"
    assert safe("abc", 0) == ""
    assert safe("\r\n" * 5000, 10) == " " * 9 + "…"
