"""The reward grant: money after the end for stretch targets reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import Field, model_validator

from coalsim.ledger import COALITION, GOVERNMENT
from coalsim.policies.policy import Instrument
from coalsim.scenario.errors import Misfit

EXPECTED_AT_FIRST = 0.7  # share of the most that partners expect in the first year: rewards earned were 60 to 80%

if TYPE_CHECKING:
    from collections.abc import Collection

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

    def act_on(self, model: Any, locality: Locality, terms: Terms, strength: float) -> None:
        """Let partners expect what attainment promises; when an agreement ends judge it, then pay in instalments."""
        coalition, month = locality.coalition, model.month
        since = month - self.start
        runs = self.end is None or month < self.end
        net_budget = locality.place.governance.net_budget.value
        if since and since % self.term == 0 and (self.end is None or month <= self.end):
            measures = coalition.measures()
            model.tell(locality, "reviewed", coalition.review(measures))
            earned = self.reward(list(coalition.attainment.values()), net_budget)
            coalition.promise(month, self.instalments, round(100 * earned))
            share = earned / (self.share_of_budget * net_budget) if self.share_of_budget else 0.0
            model.tell(
                locality,
                "rewarded",
                f"agreement ends with GBP {earned:,.0f} of reward grant earned, {share:.0%} of the most",
            )
            if runs:
                model.tell(locality, "strategy", coalition.set_strategy(month, measures))
        if runs:
            if since == 0:
                model.tell(locality, "strategy", coalition.set_strategy(month, coalition.measures()))
            terms.sets_own_targets = False
            terms.expected_reward = self.share_of_budget * self.hope(
                coalition.attainment.values(), coalition.reviewed - coalition.targets_set
            )
        model.pay_programme(locality, GOVERNMENT, COALITION, "reward_grant", coalition.due(month))

    def hope(self, attained: Collection[float], months: int) -> float:
        """Share of the most that partners expect: what was reached in `months` of an agreement, carried on to its end."""
        if months < 12:  # nothing has been reviewed yet
            return EXPECTED_AT_FIRST
        return sum(min(1.0, share * self.term / months) for share in attained) / len(attained)

    def reward(self, attained: list[float], net_budget: float) -> float:
        """GBP earned for the shares of stretch attained on equally weighted targets."""
        counted = [min(share, 1.0) if share >= self.floor else 0.0 for share in attained]
        return self.share_of_budget * net_budget * sum(counted) / len(counted)
