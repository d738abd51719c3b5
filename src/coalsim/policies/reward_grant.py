"""The reward grant: money after the end for stretch targets reached."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, model_validator

from coalsim.ledger import COALITION, GOVERNMENT
from coalsim.policies.policy import Instrument
from coalsim.scenario.errors import Misfit

EXPECTED_AT_FIRST = 0.7  # share of the most that partners expect in the first year: rewards earned were 60 to 80%

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from coalsim.agents.coalition import Terms
    from coalsim.agents.locality import Locality


class RewardGrant(Instrument):
    """Pay for stretch targets reached, afterwards and in instalments (Local Public Service Agreements).

    Each target earns its share of `share_of_budget` in proportion to the stretch achieved, nothing below `floor`, as in
    schedule 4 of the Isle of Wight's agreement of 2002. Agreements of `term` months follow each other while in force.
    """

    phase: ClassVar[str] = "coalition"
    is_time_limited: ClassVar[bool] = True
    scales: ClassVar[tuple[str, ...]] = ("share_of_budget",)
    share_of_budget: float = Field(0.025, ge=0, le=0.2, description="Largest reward, share of one year's net budget.")
    floor: float = Field(0.6, ge=0, le=1, description="Share of a stretch below which nothing is paid for it.")
    term: int = Field(36, ge=12, le=120, description="Months of an agreement.")
    instalments: int = Field(2, ge=1, le=10, description="Equal yearly payments after the end of an agreement.")
    pot: float = Field(
        1.0, gt=0, le=1, description="Money set aside for all places together, share of the most that they can earn."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.ramp:
            raise Misfit("a reward grant is offered whole or not at all; leave ramp out", "ramp")
        return self

    def strength(self, month: int) -> float:
        """In force until the last instalment of the last agreement is paid."""
        if self.end is None:
            return float(month >= self.start)
        return float(self.start <= month < self.end + 12 * self.instalments)

    @property
    def money_ends(self) -> int | None:
        """First month after the last instalment."""
        return None if self.end is None else self.end + 12 * self.instalments

    def act(self, model: Any, localities: Sequence[Locality]) -> None:
        """When agreements end judge them, all out of one pot; then what it does in each locality."""
        since = model.month - self.start
        if since and since % self.term == 0 and (self.end is None or model.month <= self.end):
            self.judge(model, localities)
        super().act(model, localities)

    def judge(self, model: Any, localities: Sequence[Locality]) -> None:
        """Review every agreement and promise what it has earned, cut in the same proportion where the pot does not suffice."""
        measures = [locality.coalition.measures() for locality in localities]
        for locality, measured in zip(localities, measures):
            model.tell(locality, "reviewed", locality.coalition.review(measured))
        budgets = [locality.place.governance.net_budget.value for locality in localities]
        earned = [
            self.reward(list(locality.coalition.attainment.values()), budget)
            for locality, budget in zip(localities, budgets)
        ]
        whole = self.share_of_budget * fsum(budgets)
        paid = min(1.0, self.pot * whole / fsum(earned)) if self.pot < 1 and fsum(earned) > 0 else 1.0
        for locality, measured, budget, most in zip(localities, measures, budgets, earned):
            reward = paid * most
            locality.coalition.promise(model.month, self.instalments, round(100 * reward))
            share = reward / (self.share_of_budget * budget) if self.share_of_budget else 0.0
            model.tell(
                locality,
                "rewarded",
                f"agreement ends with GBP {reward:,.0f} of reward grant earned, {share:.0%} of the most",
            )
            if self._runs(model.month):
                model.tell(locality, "strategy", locality.coalition.set_strategy(model.month, measured))

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Let partners expect what attainment promises, and pay what is due."""
        coalition, month = locality.coalition, model.month
        if self._runs(month):
            if month == self.start:
                model.tell(locality, "strategy", coalition.set_strategy(month, coalition.measures()))
            terms.sets_own_targets = False
            terms.expected_reward = self.share_of_budget * self.hope(
                coalition.attainment.values(), coalition.reviewed - coalition.targets_set
            )
        model.pay_programme(locality, GOVERNMENT, COALITION, "reward_grant", coalition.due(month))

    def _runs(self, month: int) -> bool:
        return self.end is None or month < self.end

    def hope(self, attained: Collection[float], months: int) -> float:
        """Share of the most that partners expect: what was reached in `months` of an agreement, carried on to its end."""
        if months < 12:  # nothing has been reviewed yet
            return EXPECTED_AT_FIRST
        return sum(min(1.0, share * self.term / months) for share in attained) / len(attained)

    def reward(self, attained: list[float], net_budget: float) -> float:
        """GBP earned for the shares of stretch attained on equally weighted targets."""
        counted = [min(share, 1.0) if share >= self.floor else 0.0 for share in attained]
        return self.share_of_budget * net_budget * sum(counted) / len(counted)
