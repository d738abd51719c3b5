"""Numbers as a reader of a report sees them."""

from __future__ import annotations

import math
import re

from markupsafe import Markup, escape

from coalsim.text import label

NAMES = {"central_government": "Central government", "coalition": "Held by partners and partnership"}


def money(value: float, digits: int = 1) -> str:
    """GBP in millions: "£12.3m", with a minus sign for what is lost."""
    if not math.isfinite(value):
        return "no limit"
    text = f"£{abs(value) / 1e6:,.{digits}f}m"
    nothing = not any(digit in "123456789" for digit in text)
    return text if nothing or value > 0 else f"−{text}"  # noqa: RUF001, a minus sign


def gained(value: float, digits: int = 1) -> str:
    """Money with its sign: "+£12.3m"."""
    text = money(value, digits)
    return f"+{text}" if text.startswith("£") and any(digit in "123456789" for digit in text) else text


def span(low: float, high: float, digits: int = 1) -> str:
    """An interval of money; nothing where there is none."""
    return f"{money(low, digits)} to {money(high, digits)}" if math.isfinite(low + high) and low < high else ""


def ratio(value: float, low: float, high: float) -> str:
    """A ratio with its interval."""
    if not math.isfinite(value):
        return "no ratio"
    return f"{value:.1f} ({low:.1f} to {high:.1f})" if math.isfinite(low + high) else f"{value:.1f} (no upper limit)"


def number(value: float, digits: int = 2) -> str:
    """A plain number; nothing for one that is not finite."""
    return minus(f"{value:,.{digits}f}") if math.isfinite(value) else ""


def minus(text: str) -> str:
    """The text with hyphens before numbers as minus signs; dates and ranges of years stay."""
    return re.sub(r"(?<![\w-])-(?=[\d£.])", "−", text)  # noqa: RUF001, a minus sign


def shown(text: str) -> Markup:
    """A text as the page shows it: escaped, with minus signs that stay with their pounds."""
    return Markup(re.sub(r"−£[\d.,]+", r'<span class="whole">\g<0></span>', str(escape(minus(text)))))  # noqa: RUF001


def chance(p: float) -> str:
    """A probability, of which draws never tell that it is 0 or 1."""
    return "under 1%" if p < 0.005 else "over 99%" if p > 0.995 else percent(p)


def percent(value: float) -> str:
    """A share as a percentage."""
    return minus(f"{100 * value:.0f}%") if math.isfinite(value) else ""


def body(name: str) -> str:
    """A public body's name."""
    return NAMES.get(name, label(name).capitalize())


def title(name: str) -> str:
    """The name of a unit value or a line as a heading."""
    return label(name).capitalize().replace("Qaly", "QALY").replace("qaly", "QALY")


def joined(words: list[str]) -> str:
    """Words as "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
