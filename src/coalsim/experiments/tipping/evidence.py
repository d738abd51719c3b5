"""What the tests of a study show, and the verdict that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from coalsim import analysis
from coalsim.analysis import (
    Basins,
    Boundary,
    Cheapest,
    Committor,
    EarlyWarning,
    Hysteresis,
    Paired,
    Threshold,
    Transition,
    TwoStarts,
)
from coalsim.analysis.transition import EMPTY
from coalsim.experiments.crew import Failed
from coalsim.experiments.tipping.criterion import Criterion
from coalsim.experiments.tipping.question import Changes, Question

type Array = NDArray[np.float64]

YES, NO, UNKNOWN = "yes", "no", "cannot be told"
PARTNERS = "partners_in"


@dataclass(frozen=True)
class Definition:
    """One definition of success: the threshold under it, and how often a place tips without the programme."""

    criterion: Criterion
    threshold: Threshold
    by_itself: int
    of: int
    met_at_start: bool


@dataclass(frozen=True)
class Size:
    """What becomes of the place with more residents, and of the partnership with more partners, at one point."""

    point: dict[str, float]
    shares: dict[int, tuple[int, int]]  # residents simulated: runs that tipped, of how many
    residents: dict[str, Transition]  # by output; none where too many runs failed
    partners: Transition | None

    def verdict(self, decisive: Sequence[str]) -> str:
        """transition if two states stay apart in one of the outputs that decide, crossover if in none; else undetermined.

        The partnership on its own counts only where its membership decides.
        """
        those = [one for output, one in self.residents.items() if output in decisive]
        if self.partners is not None and PARTNERS in decisive:
            those.append(self.partners)
        verdicts = {one.verdict for one in those}
        if "transition" in verdicts:
            return "transition"
        return "crossover" if verdicts == {"crossover"} else "undetermined"


@dataclass(frozen=True)
class Start:
    """Where one output ends from the place as it is and from the place after the strongest push."""

    low: Array
    high: Array
    basins: Basins
    starts: TwoStarts

    @property
    def remembers(self) -> bool:
        """Whether the starts end apart, in two states with hardly anything between; runs may switch from one to the other."""
        return self.starts.verdict in ("bistable", "slow") and self.basins.n_basins == 2 and self.basins.gap <= EMPTY


@dataclass(frozen=True)
class KnockOut:
    """What changes when a mechanism is off or at half strength."""

    mechanism: str
    strength: float
    threshold: Threshold | None
    effects: dict[str, Paired]  # output: the programme's effect less that with the mechanism as estimated


@dataclass(frozen=True)
class Withdrawal:
    """The programme's effect when it is withdrawn in a month, some years later, and in the end; paired by seed."""

    month: int | None  # None: never
    tipped: int
    of: int
    effects: dict[str, dict[str, Paired]]  # output: when: effect


@dataclass(frozen=True)
class Study:
    """Everything that was found."""

    question: Question
    threshold: Threshold | None = None
    boundary: Boundary | None = None
    cheapest: Cheapest | None = None
    definitions: tuple[Definition, ...] = ()
    size: Size | None = None
    hysteresis: dict[str, Hysteresis] = field(default_factory=dict)
    starts: dict[str, Start] = field(default_factory=dict)
    committor: Committor | None = None
    warning: dict[str, EarlyWarning] = field(default_factory=dict)
    turned: int = 0  # runs that tipped at the point where signs were looked for
    knock_outs: tuple[KnockOut, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    turning: tuple[Changes, int] | None = None  # point and seed of the run that is told
    runs: int = 0
    failed: tuple[Failed, ...] = ()

    @property
    def tests(self) -> dict[str, str]:
        """What a tipping point must show beside a threshold, "yes", "no" or "cannot be told"; only tests that were made."""
        made: dict[str, str] = {}
        decisive = self.question.decisive
        if self.hysteresis or self.starts:
            loops = [self.hysteresis[one] for one in decisive if one in self.hysteresis]
            starts = [self.starts[one] for one in decisive if one in self.starts]
            shown = [one.verdict in ("hysteresis", "one_way") for one in loops] + [one.remembers for one in starts]
            against = [one.verdict == "reversible" for one in loops] + [
                one.starts.verdict == "one state" for one in starts
            ]
            made["Does it remember where it came from?"] = YES if any(shown) else NO if all(against) else UNKNOWN
        if self.size is not None:
            answer = {"transition": YES, "crossover": NO}.get(self.size.verdict(decisive), UNKNOWN)
            made["Do two states stay apart as it grows?"] = answer
        return made

    @property
    def verdict(self) -> str:
        """threshold, smooth, never, always, not_monotone or undetermined.

        A chance of tipping that passes one half is a threshold only if the tests that were made show two states; smooth if one of
        them shows that there are none, and undetermined if they cannot tell.
        """
        if self.threshold is not None:
            found: str = self.threshold.verdict
        elif self.boundary is not None:
            found = "threshold" if self.boundary.verdict == "boundary" else self.boundary.verdict
        else:
            found = self._of_withdrawals
        if found != "threshold":
            return found
        answers = self.tests.values()
        return "smooth" if NO in answers else "undetermined" if UNKNOWN in answers else "threshold"

    @property
    def _of_withdrawals(self) -> str:
        ends = [analysis.share_interval(one.tipped, one.of) for one in self.withdrawals]
        if all(high < 0.5 for _, high in ends):
            return "never"
        if all(low > 0.5 for low, _ in ends):
            return "always"
        return "undetermined"
