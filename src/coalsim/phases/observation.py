"""Observation: residents and businesses are counted, books are closed, and indicators written down."""

from typing import Any

from coalsim.agents.locality import Locality
from coalsim.indicators import record, self_sustaining
from coalsim.phases.exchange import beyond
from coalsim.start.settling import count


def run(model: Any) -> None:
    """Look at every locality, check that people, jobs and money balance, and note success."""
    model.in_each(observe)
    if model.has_open_borders:
        balance(model)
    for locality in model.localities:
        note_success(model, locality)
    model.ledger.close_month()
    record(model)


def observe(model: Any, locality: Locality) -> None:
    """Count a locality afresh and check that every job has one holder.

    Raises
    ------
    ArithmeticError
        If people or jobs do not balance: a defect of the program, never of a scenario.
    """
    count(model, locality)
    locality.score_deprivation()
    at_home = locality.n_employed - locality.n_outside
    if at_home != int(locality.business_totals[1]):
        here = f"{locality.name}, month {model.month}"
        raise ArithmeticError(f"{here}: {at_home} residents work here, businesses employ {locality.business_totals[1]}")
    if sum(locality.by_status.tolist()) != locality.n_residents:
        raise ArithmeticError(
            f"{locality.name}, month {model.month}: {sum(locality.by_status.tolist())} residents in {locality.n_residents} homes"
        )


def balance(model: Any) -> None:
    """Check that as many residents work elsewhere as posts are held from elsewhere, but for those beyond the nation.

    Raises
    ------
    ArithmeticError
        If they do not: a defect of the program, never of a scenario.
    """
    if (now := beyond(model)) != model.nation.beyond:
        raise ArithmeticError(
            f"month {model.month}: {now} more residents work elsewhere than commuters hold posts, not {model.nation.beyond}"
        )


def note_success(model: Any, locality: Locality) -> None:
    """Follow how long the economy has been self-sustaining, and note when it has tipped.

    It has tipped at the end of the months running that the scenario asks for, if it still holds the stated months after the
    programme's money has ended; a place that starts self-sustaining cannot tip.
    """
    success = model.settings.success
    locality.is_sustaining = self_sustaining(model, locality)
    locality.success_run = locality.success_run + 1 if locality.is_sustaining else 0
    if not locality.is_sustaining:
        locality.tipped_month = None
    if not locality.is_sustaining or locality.at_start["sustaining"]:
        return
    now = model.month + 1
    judged = max(now - locality.success_run + success.months_running, model.money_ends + success.months_after)
    if locality.tipped_month is None and now >= judged:
        locality.tipped_month = judged
        model.tell(locality, "tipped", f"a self-sustaining mixed economy has held for {locality.success_run} months")
