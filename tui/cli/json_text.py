"""Values as JSON that can be printed: text of any language stays readable, and nothing in it can steer or hide."""

from __future__ import annotations

import json
import re
from typing import Any

# Deletion and the C1 controls, marks of direction, what has no width, ends of lines of Unicode, and lone surrogates,
# which UTF-8 cannot hold. JSON escapes the C0 controls by itself.
_HIDDEN = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def json_text(value: Any) -> str:
    r"""Return plain values as one line of JSON, with hidden characters as `\u202e`; ValueError for nan and infinity."""
    # They can stand only inside of texts, so replacing them there leaves the JSON what it says.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
