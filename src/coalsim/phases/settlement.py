"""Settlement: each April budgets are settled, in review years revised; every month a twelfth is paid."""

from typing import Any

from coalsim.ledger import GOVERNMENT
from coalsim.scenario.calendar import Month


def run(model: Any) -> None:
    """Pay this month's grants; programme money of a budget-neutral scenario is taken out of them a month later."""
    month = Month.parse(model.settings.start) + model.month
    is_april = month.month == 4 and model.month > 0
    is_review = (
        is_april
        and model.month % model.settings.world.money.review_months < 12
        and model.month >= model.settings.world.money.review_months
    )
    if is_april:
        settle(model, is_review)
    for locality, owed in zip(model.localities, top_slices(model)):
        cuts = model.split(owed, [partner.free_at_start for partner in locality.partners])
        locality.top_slice = 0
        for partner, cut in zip(locality.partners, cuts):
            grant = partner.settlement * (model.month % 12 + 1) // 12 - partner.settlement * (model.month % 12) // 12
            model.ledger.pay(locality.name, GOVERNMENT, partner.name, "grant", max(0, grant - cut))
            locality.top_slice += max(0, cut - grant)


def settle(model: Any, is_review: bool) -> None:
    """Settle every body's budget; with open borders the nation's for each service is what it would be without a review.

    A review then only moves money between places: what one gets for more demand the others give up.
    """
    for bodies in zip(*(locality.partners for locality in model.localities)):
        planned = [model.government.settle(partner, is_review) for partner in bodies]
        if is_review and model.has_open_borders:
            settled = model.share(sum(planned), [float(partner.settlement) for partner in bodies])
            for partner, pence in zip(bodies, settled):
                partner.settlement = pence


def top_slices(model: Any) -> list[int]:
    """Pence to be taken from each place's settlements: its own programme money, with open borders its part of all."""
    if not model.settings.budget_neutral:
        return [0] * len(model.localities)
    own = [locality.top_slice for locality in model.localities]
    if not model.has_open_borders:
        return own
    free = [sum(partner.free_at_start for partner in locality.partners) for locality in model.localities]
    return model.share(sum(own), free)
