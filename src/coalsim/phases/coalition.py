"""Coalition: partners join or leave, the four tools are made, and the pot is spent by the plan."""

from typing import Any

import numpy as np

from coalsim.agents.business import Business
from coalsim.agents.coalition import Coalition
from coalsim.agents.locality import Locality
from coalsim.agents.resident import Resident
from coalsim.kernels import enterprise, partnership, residents
from coalsim.kernels.maths import log, logistic, total
from coalsim.ledger import COALITION, PROVIDERS
from coalsim.names import BODIES, COHESION
from coalsim.start.market import as_threshold
from coalsim.start.settling import keys


def run(model: Any) -> None:
    """The coalition's month in every locality."""
    is_quarter = model.month % 3 == 0
    if is_quarter:
        for locality in model.localities:
            choose_sides(model, locality)
        model.in_each(engage)
    for locality in model.localities:
        if model.month % locality.coalition.terms.review_months == 0 or locality.coalition.plan is None:
            use_tools(model, locality)
        spend_pot(model, locality)


def choose_sides(model: Any, locality: Locality) -> None:
    """Every partner in turn joins, stays or leaves, seeing what the others last chose."""
    coalition = locality.coalition
    locality.council.lead(coalition.terms)
    means = locality.mean_conditions()
    coalition.condition_seen.append(means)
    year_ago = coalition.condition_seen[-5] if len(coalition.condition_seen) > 4 else coalition.condition_seen[0]
    for partner in locality.partners:
        partner.learn(float(means[partner.domain] - year_ago[partner.domain]))
        was = partner.is_member
        partner.is_member = partner.decide(
            coalition.terms, locality.council.leadership, coalition.others_choice(partner)
        )
        if partner.is_member and not was:
            partner.joined_month = model.month
            model.tell(locality, "joined", f"{partner.name} joins the coalition")
        elif was and not partner.is_member:
            partner.joined_month = None
            model.tell(locality, "left", f"{partner.name} leaves the coalition")


def engage(model: Any, locality: Locality) -> None:
    """Businesses and residents who reconsider this quarter engage or stop, each among their own (Brock and Durlauf)."""
    world, start = model.settings.world, locality.at_start
    p, life, strength = world.partnership, world.life, world.mechanisms
    reconsider = int(as_threshold(p.reconsidering))
    market = float(total(locality.market.sector_shares * locality.outlook))
    field = p.business_growth_effect * market + locality.coalition.terms.engagement_support
    choose = chance(
        p.beta,
        p.business_peer * strength.peer_influence,
        p.business_engaged_share,
        locality.coalition.business_engagement,
        field,
    )
    slots = model.tables[Business]
    enterprise.engage(
        locality.number, model.month, *keys(model), slots["is_alive"][locality.slots], slots["is_engaged"][locality.slots],
        reconsider, int(as_threshold(choose)),
    )  # fmt: skip
    people = model.tables[Resident]
    change = locality.condition[:, COHESION] - start["condition"][:, COHESION]
    pull = life.engagement_effect * strength.conditions_to_residents
    peer = life.engagement_peer * strength.peer_influence
    choose_here = np.empty(change.size, dtype=np.int64)
    partnership.engaging(
        at_rest(p.beta, peer, life.engaged_share), pull, change, peer, locality.engaged, locality.n_homes, p.beta, choose_here
    )  # fmt: skip
    residents.engage(
        locality.bounds, locality.number, model.month, *keys(model), people["is_engaged"][locality.homes],
        reconsider, choose_here, np.empty((4, int(locality.n_homes.max())), dtype=np.uint32),
    )  # fmt: skip


def chance(beta: float, peer: float, share_at_start: float, share: float, field: float) -> float:
    """Chance of engaging, logistic(2 beta (h + J m)), with h such that the starting share is at rest when `field` is 0."""
    return float(logistic(2 * beta * (at_rest(beta, peer, share_at_start) + field + peer * (2 * share - 1))))


def at_rest(beta: float, peer: float, share: float) -> float:
    """The field h at which that share engages when nothing else moves them."""
    return float(log(share / (1 - share)) / (2 * beta) - peer * (2 * share - 1))


def use_tools(model: Any, locality: Locality) -> None:
    """Evidence, strategy, plan and review: the four tools of a growth coalition."""
    coalition = locality.coalition
    horizon = model.settings.world.partnership.target_horizon
    measures = coalition.measures()
    if coalition.targets and coalition.targets_set < model.month:
        model.tell(locality, "reviewed", coalition.review(measures))
    model.tell(locality, "evidence", coalition.gather_evidence(model.month))
    ran_out = model.month - coalition.targets_set >= horizon and coalition.terms.sets_own_targets
    if not coalition.targets or ran_out:
        model.tell(locality, "strategy", coalition.set_strategy(model.month, measures))
    model.tell(locality, "planned", coalition.make_plan())


def spend_pot(model: Any, locality: Locality) -> None:
    """Spend the whole pot: the cost of the partnership first, then by plan, with what joint working adds."""
    coalition: Coalition = locality.coalition
    ledger, world = model.ledger, model.settings.world
    paid_in = {partner.name: partner.pooled for partner in locality.partners if partner.pooled}
    pot = ledger.balance(locality.name, COALITION)
    coalition.pot, coalition.paid_in = pot, paid_in
    coalition.breadth = breadth(list(paid_in.values()))
    if pot == 0:
        return
    cost = round(pot * world.partnership.transaction_cost)
    ledger.pay(locality.name, COALITION, PROVIDERS, "transaction", cost)
    ledger.pay(locality.name, COALITION, PROVIDERS, "pot_spend", pot - cost)
    money = coalition.money_by_domain(pot - sum(paid_in.values()), paid_in)
    coalition.spent = money.sum(axis=0)
    gain = (
        world.partnership.joint_working
        * world.mechanisms.joint_working
        * max(coalition.breadth - 1, 0)
        / (len(BODIES) - 1)
    )
    heads = locality.heads * locality.n_homes
    locality.spend += 12 / 100 * money * (1 - cost / pot) * (1 + gain) / heads[:, None]


def breadth(paid_in: list[int]) -> float:
    """Effective number of contributors, (sum m)**2 / sum m**2; 0 with none (Laakso and Taagepera 1979)."""
    squares = sum(pence * pence for pence in paid_in)
    return sum(paid_in) ** 2 / squares if squares else 0.0
