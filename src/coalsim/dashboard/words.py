"""Text for the page."""

import re

_MARKS = re.compile(r"([\\`*_{}\[\]()#+.!|$~<>:-])")


def plain(text: str) -> str:
    """Text that Streamlit shows as it is, whatever marks of formatting it holds."""
    return _MARKS.sub(r"\\\1", text)
