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
    for locality in model.localities:
        taken = locality.top_slice if model.settings.budget_neutral else 0
        cuts = model.split(taken, [partner.free_at_start for partner in locality.partners])
        owed = 0
        for partner, cut in zip(locality.partners, cuts):
            if is_april:
                model.government.settle(partner, is_review)
            grant = partner.settlement * (model.month % 12 + 1) // 12 - partner.settlement * (model.month % 12) // 12
            model.ledger.pay(locality.name, GOVERNMENT, partner.name, "grant", max(0, grant - cut))
            owed += max(0, cut - grant)
        locality.top_slice = owed
