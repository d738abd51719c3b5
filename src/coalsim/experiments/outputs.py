"""Outputs: one number of a run, named as `indicator`, `indicator@end`, `@max`, `@min`, `@mean`, `@month=120`, `@change`,
`@growth`, `tipped` or `months_to_tip`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coalsim.indicators import indicators
from coalsim.registry import nearest

LAST = 12  # months averaged at the end of a run
HEADLINES = ("employment_rate", "severe_deprivation", "effective_sectors")
GAIN = "employment_rate"  # of which it is told who gains
PLAIN_WHENS = ("end", "max", "min", "mean", "change", "growth")
WHENS = (*PLAIN_WHENS[:4], "month=N", *PLAIN_WHENS[4:])
TIPPING = {"tipped": "share of places", "months_to_tip": "months"}


@dataclass(frozen=True)
class Output:
    """What is looked at in each run."""

    text: str
    name: str
    when: str = ""
    month: int = 0

    @classmethod
    def parse(cls, text: str) -> Output:
        """`employment_rate@month=120` as an output.

        Raises
        ------
        ValueError
            With the nearest name.
        """
        name, at, when = text.partition("@")
        if name in TIPPING:
            if at:
                raise ValueError(f"output {text[:60]}: {name} stands alone, without @")
            return cls(text, name)
        indicators.get(name)
        if not at:
            return cls(text, name)
        if when in PLAIN_WHENS:
            return cls(text, name, when)
        word, equals, number = when.partition("=")
        if word == "month" and equals and number.isascii() and number.isdigit() and len(number) < 10:
            return cls(text, name, "month", int(number))
        near = nearest(when, PLAIN_WHENS)
        hint = f"did you mean {name}@{near}?" if near else f"write one of {', '.join(f'{name}@{w}' for w in WHENS)}"
        raise ValueError(f"output {text[:60]}: there is no @{when[:30]}; {hint}")

    @property
    def unit(self) -> str:
        """Its unit."""
        if self.name in TIPPING:
            return TIPPING[self.name]
        return "1" if self.when == "growth" else indicators[self.name].unit

    @property
    def better(self) -> str:
        """Which way is better."""
        if self.name in TIPPING:
            return "higher" if self.name == "tipped" else "lower"
        return indicators[self.name].better

    @property
    def is_course(self) -> bool:
        """Whether it is the plain indicator, of which there is a course over time, too."""
        return self.name not in TIPPING

    def check(self, months: int) -> None:
        """Refuse a month beyond the run."""
        if self.when == "month" and self.month > months:
            raise ValueError(f"output {self.text}: the run has {months} months")

    def of(self, courses: NDArray[np.float64]) -> NDArray[np.float64]:
        """The output of each run (n,) from courses (n, months + 1).

        The plain indicator is its mean over the last year, `@change` that less the starting value, and `@growth` the change
        relative to the starting value (nan where that is 0).
        """
        match self.when:
            case "end":
                return courses[:, -1]
            case "max":
                return courses.max(axis=1)
            case "min":
                return courses.min(axis=1)
            case "mean":
                return courses[:, 1:].mean(axis=1)
            case "month":
                return courses[:, self.month]
            case "change":
                return self._last_year(courses) - courses[:, 0]
            case "growth":
                start = np.where(courses[:, 0] == 0, np.nan, courses[:, 0])
                return self._last_year(courses) / start - 1
        return self._last_year(courses)

    def _last_year(self, courses: NDArray[np.float64]) -> NDArray[np.float64]:
        return last_year(courses, courses.shape[1] - 1)


def last_year(courses: NDArray[np.float64], month: int) -> NDArray[np.float64]:
    """Mean over the year up to a month (...,) of courses (..., months + 1); the starting state is left out."""
    return courses[..., max(1, month - LAST + 1) : month + 1].mean(axis=-1)
