"""The coalition of a locality: a Local Strategic Partnership with a pot, a plan, targets and a review."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from mesa import Agent
from numpy.typing import NDArray

from coalsim.agents.locality import SEVERE
from coalsim.agents.partner import BLOCK_DOMAINS, Partner
from coalsim.kernels.maths import total
from coalsim.kernels.partnership import priorities, shares
from coalsim.names import BODIES, COHESION, DOMAINS, EMPLOYED, ENVIRONMENT, UNEMPLOYED

if TYPE_CHECKING:
    from coalsim.agents.locality import Locality

Array = NDArray[np.float64]

# Equal worth of the five conditions in place quality (assumption; rho says how far one makes up for another).
WEIGHTS: Array = np.full(len(DOMAINS), 1 / len(DOMAINS))
# Extra evidence that everybody's engagement would bring, and that outcome-focused reviews bring (assumptions).
EVIDENCE_FROM_ENGAGEMENT, EVIDENCE_FROM_REVIEWS = 0.2, 0.1


@dataclass
class Terms:
    """What the policies in force offer a coalition this month; instruments write it, partners and coalition read it."""

    offered_share: float = 0.0  # share of discretionary money a member pools
    is_mandatory: bool = False
    freed_in_block: float = 0.0  # share of the pot free within its block
    freed: float = 0.0  # share of the pot free of all ring-fences
    alignment: float = 0.0  # share of central targets brought into line with local ones
    leadership_support: float = 0.0  # share of the gap in leadership that support closes
    evidence_support: float = 0.0  # GBP a year
    review_months: int = 12
    is_outcome_focused: bool = False
    engagement_support: float = 0.0  # field on businesses
    sets_own_targets: bool = True  # whether targets run for the partnership's own term, not a reward agreement's
    expected_reward: float = 0.0  # reward expected, share of a year's net budget


class Target(NamedTuple):
    """A stretch target: from where, to where, and which way is better."""

    measure: str
    baseline: float
    aim: float

    def attained(self, now: float) -> float:
        """Share of the stretch achieved, 0 to 1."""
        stretch = self.aim - self.baseline
        return 1.0 if stretch == 0 else min(max((now - self.baseline) / stretch, 0.0), 1.0)


# Targets of an agreement: stretch relative to the baseline over its horizon, and the conditions a shortfall points to. Their
# proportions are an assumption; their size is half of what was first assumed (a few per cent, as in Local Public Service
# Agreements), so that four-block agreements earn near the 40 to 80% of the reward that agreements of 2000-08 did.
STRETCH: dict[str, tuple[float, tuple[str, ...]]] = {
    "employment_rate": (0.005, ("skills", "infrastructure")),
    "unemployed_share": (-0.03, ("skills",)),
    "no_qualifications": (-0.03, ("skills",)),
    "limiting_illness": (-0.015, ("health",)),
    "cohesion": (0.02, ("cohesion",)),
    "environment": (0.03, ("environment",)),
    "worst_fifth_quality": (0.03, DOMAINS),
    "businesses": (0.01, ("infrastructure", "skills")),
}


@dataclass
class Plan:
    """Shares of money by neighbourhood and domain (n, 5), for each ring-fence, summing to 1 each."""

    free: Array
    block: dict[str, Array]
    own: dict[int, Array]
    focus: Array = field(default_factory=lambda: np.ones(len(DOMAINS)))


class Coalition(Agent):
    """Representatives of council, services, businesses and residents who pool money and answer for outcomes."""

    def __init__(self, model: Any, locality: Locality):
        super().__init__(model)
        self.locality = locality
        self.terms = Terms()
        self.evidence = model.settings.world.partnership.evidence_start
        self.evidence_gathered = 0  # month
        self.targets: list[Target] = []
        self.targets_set = 0
        self.attainment: dict[str, float] = {}
        self.reviewed = 0  # month of the review that found it
        self.breadth = 0.0
        self.pot = 0  # pence this month
        self.paid_in: dict[str, int] = {}  # pence this month by body
        self.spent: Array = np.zeros(len(DOMAINS))  # pence this month by domain, transaction costs included
        self.plan: Plan | None = None
        self.promised: list[tuple[int, int]] = []  # month, pence
        self.condition_seen: list[Array] = []  # mean conditions, a row each quarter

    def __repr__(self) -> str:
        names = ", ".join(partner.name for partner in self.members) or "nobody"
        return f"<Coalition of {self.locality.name}: {names}>"

    @staticmethod
    def fresh_terms() -> Terms:
        """Terms with nothing on offer: what applies until instruments say otherwise."""
        return Terms()

    def promise(self, month: int, instalments: int, pence: int) -> None:
        """Note reward grant earned, to be paid in equal yearly instalments from a year after `month`."""
        for k in range(instalments):
            part = pence * (k + 1) // instalments - pence * k // instalments
            self.promised.append((month + 12 * (k + 1) - 1, part))

    def due(self, month: int) -> int:
        """Reward grant to be paid in a month, pence."""
        return sum(pence for when, pence in self.promised if when == month)

    @property
    def members(self) -> list[Partner]:
        """Public bodies that have joined."""
        return [partner for partner in self.locality.partners if partner.is_member]

    def others_choice(self, partner: Partner) -> float:
        """Mean choice of the other partners, from -1 (none in) to 1 (all in)."""
        others = [p for p in self.locality.partners if p is not partner]
        return 2 * sum(p.is_member for p in others) / len(others) - 1

    # The four tools, each made at least yearly and told in `run.events`

    def gather_evidence(self, month: int) -> str:
        """First tool: an evidence-based analysis of conditions and needs. Returns what was found."""
        place, p = self.locality, self.model.settings.world.partnership
        engaged = (place.mean(place.engaged / place.n_homes) + self.business_engagement) / 2
        support = self.terms.evidence_support / (self.terms.evidence_support + p.evidence_cost)
        known = p.evidence_start + EVIDENCE_FROM_ENGAGEMENT * engaged
        known += EVIDENCE_FROM_REVIEWS if self.terms.is_outcome_focused else 0.0
        known = min(known, 1.0)
        aim = known + (1 - known) * support
        self.evidence += min(1.0, p.evidence_speed * (month - self.evidence_gathered) / 12) * (aim - self.evidence)
        self.evidence_gathered = month
        means = list(map(float, place.mean_conditions()))
        worst = min(range(len(DOMAINS)), key=means.__getitem__)
        severe = place.mean((place.deprivation > SEVERE).astype(float))
        return (
            f"weakest condition {DOMAINS[worst]} ({means[worst]:.2f}); {severe:.1%} of residents in severely deprived "
            f"neighbourhoods; quality of evidence {self.evidence:.2f}"
        )

    def set_strategy(self, month: int, measures: dict[str, float]) -> str:
        """Second tool: the sustainable community strategy, targets for the agreement's term."""
        self.targets = [
            Target(name, measures[name], measures[name] * (1 + stretch)) for name, (stretch, _) in STRETCH.items()
        ]
        self.targets_set = month
        self.attainment = {target.measure: 0.0 for target in self.targets}
        return "; ".join(f"{t.measure} from {t.baseline:.4g} to {t.aim:.4g}" for t in self.targets)

    def make_plan(self) -> str:
        """Third tool: the action plan, money by domain and neighbourhood under the ring-fences in force."""
        place, world = self.locality, self.model.settings.world
        focus = np.ones(len(DOMAINS))
        if self.terms.is_outcome_focused and self.targets:
            for target in self.targets:
                for domain in STRETCH[target.measure][1]:
                    focus[DOMAINS.index(domain)] += (1 - self.attainment[target.measure]) / len(self.targets)
        priority = np.empty_like(place.condition)
        c = world.conditions
        priorities(
            place.condition, place.spend, place.need, place.quality, place.deprivation,
            WEIGHTS, focus, c.rho, c.eta, SEVERE, priority,
        )  # fmt: skip

        def share(domains: tuple[int, ...]) -> Array:
            allowed = np.array([d in domains for d in range(len(DOMAINS))])
            out = np.empty_like(priority)
            shares(priority, place.n_homes, allowed, self.evidence, out)
            return out

        self.plan = Plan(
            free=share(tuple(range(len(DOMAINS)))),
            block={block: share(domains) for block, domains in BLOCK_DOMAINS.items()},
            own={d: share((d,)) for d in range(len(DOMAINS))},
            focus=focus,
        )
        by_domain = self.plan.free.sum(axis=0)
        freed = self.terms.freed
        return f"{freed:.0%} of the pot free of ring-fences, planned as " + ", ".join(
            f"{name} {share:.0%}" for name, share in zip(DOMAINS, by_domain)
        )

    def review(self, measures: dict[str, float]) -> str:
        """Fourth tool: performance management, how far each target has been reached."""
        self.attainment = {target.measure: target.attained(measures[target.measure]) for target in self.targets}
        self.reviewed = self.model.month
        mean = sum(self.attainment.values()) / len(self.attainment)
        behind = [name for name, share in self.attainment.items() if share < 0.6]
        basis = "outcomes" if self.terms.is_outcome_focused else "outputs"
        return f"{mean:.0%} of the stretch reached, judged by {basis}; behind: {', '.join(behind) or 'none'}"

    def measures(self) -> dict[str, float]:
        """What the targets are about, as last observed."""
        place = self.locality
        worst = np.argsort(-place.geography.deprivation, kind="stable")[: max(1, place.n_homes.size // 5)]
        n = place.n_residents
        status = place.by_status
        return {
            "employment_rate": int(status[EMPLOYED]) / n,
            "unemployed_share": int(status[UNEMPLOYED]) / n,
            "no_qualifications": int(place.by_level[0]) / n,
            "limiting_illness": place.n_ill / n,
            "cohesion": float(place.mean_conditions()[COHESION]),
            "environment": float(place.mean_conditions()[ENVIRONMENT]),
            "worst_fifth_quality": float(total(place.quality[worst]) / worst.size),
            "businesses": place.n_businesses * place.weight,
        }

    @property
    def business_engagement(self) -> float:
        """Share of businesses engaged."""
        stock = self.locality.n_businesses
        return int(self.locality.business_totals[0]) / stock if stock else 0.0

    def money_by_domain(self, free: int, paid_in: dict[str, int]) -> Array:
        """Pence a month by neighbourhood and domain (n, 5), float64, for `free` money and what each body `paid_in`.

        Members' money is free of all ring-fences by the share `freed`, of the rest within its block by `freed_in_block`, and
        otherwise stays with the condition that its body serves.
        """
        assert self.plan is not None
        freed = min(self.terms.freed, 1.0)
        in_block = min(self.terms.freed_in_block, 1.0) * (1 - freed)
        by_block: dict[str, int] = {}
        by_domain: dict[int, int] = {}
        for body, pence in paid_in.items():
            partner = self.locality.partners[BODIES.index(body)]
            by_block[partner.block] = by_block.get(partner.block, 0) + pence
            by_domain[partner.domain] = by_domain.get(partner.domain, 0) + pence
        money = (free + freed * sum(paid_in.values())) * self.plan.free
        if in_block:
            for block, pence in by_block.items():
                money = money + in_block * pence * self.plan.block[block]
        if freed + in_block < 1:
            for domain, pence in by_domain.items():
                money = money + (1 - freed - in_block) * pence * self.plan.own[domain]
        return money
