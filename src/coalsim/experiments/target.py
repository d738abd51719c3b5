"""What the programmes of a budget-neutral comparison shall cost."""

from __future__ import annotations

from dataclasses import dataclass

from coalsim.registry import nearest
from coalsim.scenario.schema import Scenario


@dataclass(frozen=True)
class Target:
    """What every programme shall cost over a run: as much as an option does, or an amount in GBP."""

    option: str = ""
    pounds: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Target:
        """An option's name, or an amount such as 20000000.

        Raises
        ------
        ValueError
            For an amount that is not a positive number.
        """
        try:
            pounds = float(text)
        except ValueError:
            return cls(option=text)
        if not 0 < pounds < float("inf"):
            raise ValueError(f"budget-neutral {text}: give a positive amount in GBP, or an option's name")
        return cls(pounds=pounds)

    def __str__(self) -> str:
        return self.option or f"{self.pounds:.12g}"

    def check(self, scenario: Scenario) -> None:
        """Refuse an option that the scenario lacks, or a scenario in which nothing can be scaled."""
        if self.option and self.option not in scenario.options:
            near = nearest(self.option, scenario.options)
            hint = f"did you mean {near!r}?" if near else f"options: {', '.join(scenario.options)}"
            raise ValueError(f"budget-neutral {self.option[:60]}: there is no such option; {hint}")
        if not any(policy.is_scalable for policy in scenario.options.values()):
            raise ValueError("budget-neutral: no option brings money that could be scaled")
