"""visible: text of strangers as a person may safely see it. Changes no text that is stored."""

from __future__ import annotations

_SHOWN_AS = (
    # Controls move the cursor or worse: their pictures (U+2400...) stand for them.
    {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"}
    | {0x7F: "\u2421"}
    | {code: f"\\x{code:02x}" for code in range(0x80, 0xA0)}
    # Marks that reverse the direction of what follows, whatever it is.
    | {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
)


def visible(text: str) -> str:
    """The text with control characters and overrides of direction as pictures or escapes."""
    return text.translate(_SHOWN_AS)
