"""Months of a run as calendar months."""

from typing import Annotated, NamedTuple

from pydantic import AfterValidator


class Month(NamedTuple):
    """A calendar month; `Month(2006, 4) + 9` is January 2007."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read `2006-04`; ValueError otherwise."""
        year, dash, month = text.partition("-")
        if not (dash and len(year) == 4 and len(month) == 2 and (year + month).isdecimal()):
            raise ValueError(f"{text!r} is not a month; write it as year-month, for example 2006-04")
        if not 1 <= int(month) <= 12:
            raise ValueError(f"{text!r} has month {int(month)}; months run from 01 to 12")
        return cls(int(year), int(month))

    def __add__(self, months: object) -> "Month":
        if not isinstance(months, int):
            return NotImplemented
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    def until(self, later: "Month") -> int:
        """Months from this one to `later`; negative when `later` comes before."""
        return (later.year - self.year) * 12 + later.month - self.month

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


MonthText = Annotated[
    str, AfterValidator(lambda text: str(Month.parse(text)))
]  # a field that holds a month as it is written
