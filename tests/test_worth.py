"""What an option is worth: the accounts against the ledger, the cases against the accounts, and who pays against both."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import coalsim
from coalsim.analysis import Ratio
from coalsim.appraisal import present_value, rebase
from coalsim.cli import cli
from coalsim.experiments.ensemble import Ensemble
from coalsim.experiments.store import FAILED
from coalsim.experiments.verify import verify
from coalsim.experiments.worth import bodies, cases
from coalsim.experiments.worth.changes import pay_factors
from coalsim.indicators.accounts import FROM_POT, MONTHS, PENCE, Accounts, shares_of_pot
from coalsim.ledger import COALITION, GOVERNMENT
from coalsim.names import BODIES
from coalsim.policies.where import Where
from coalsim.reporting.effects import worth_of

SCENARIOS = Path(__file__).parents[1] / "scenarios"
OPTION = "growth_coalition"
MULTIPLIER = "world.mechanisms.local_multiplier"
YEARS, REPLICATES = 5, 3


def walsall(months, **more):
    """A few residents of Walsall, without and with the growth coalition."""
    scenario = coalsim.load_scenario(SCENARIOS / "walsall.yaml", sample=0.03, months=months, **more)
    return with_options(scenario, **{name: scenario.options[name] for name in ("business_as_usual", OPTION)})


def with_options(scenario, **options):
    changed = scenario.model_copy(update={"options": options})
    changed._folder = scenario.folder
    return changed


@pytest.fixture(scope="module")
def compared():
    """Five years, so that a reward is paid."""
    return coalsim.compare(walsall(12 * YEARS), replicates=REPLICATES, workers=1)


@pytest.fixture(scope="module")
def worth(compared):
    return compared.worth(OPTION)


@pytest.fixture(scope="module")
def run(compared):
    """The second replicate of the growth coalition, run again alone."""
    return coalsim.simulate(compared.scenario, policy=OPTION, seed=1)


@pytest.fixture(scope="module")
def shown(worth):
    """As Jupyter shows it."""
    return worth._repr_html_()


@pytest.fixture(scope="module")
def same():
    """A policy against itself."""
    growth = walsall(24).options[OPTION]
    twice = with_options(walsall(24), **{OPTION: growth, "again": growth.model_copy(update={"name": "Again"})})
    return coalsim.compare(twice, replicates=2, workers=1).worth("again")


@pytest.fixture(scope="module")
def opened():
    """Four places with open borders, the growth coalition in Walsall and Slough, for a year and a month."""
    scenario = coalsim.load_scenario(SCENARIOS / "four_places.yaml", sample=0.05, months=13, borders="open")
    growth = scenario.options[OPTION]
    some = growth.model_copy(update={"where": Where(places=["Walsall", "Slough"]), "name": "Somewhere"})
    options = {"business_as_usual": scenario.options["business_as_usual"], "somewhere": some, "everywhere": growth}
    return coalsim.compare(with_options(scenario, **options), replicates=3, workers=1)


def yearly(compared, name, option=OPTION):
    """An amount a month, more under the option, added up by year (replicates, years)."""
    courses = compared.courses(option, name) - compared.courses(compared.counterfactual, name)
    starts = np.arange(1, courses.shape[1], 12)
    return np.add.reduceat(courses, starts, axis=1)


def rows_of(compared, option, unit, replicate):
    """The accounts of a run."""
    run_id = compared.ensemble.design.run_ids(compared.cell(option))[replicate]
    rows = compared.ensemble.accounts(unit, by_place=True)
    return rows[rows["run_id"] == run_id].set_index(["year", "body", "kind"])["amount"]


def fresh(compared):
    """The same comparison, read from its folder again."""
    return replace(compared, ensemble=Ensemble(compared.ensemble.folder))


# Accounts


def test_accounts_are_the_ledger_by_year(compared, run):
    ledger = run.ledger.assign(year=run.ledger["month"] // 12)
    sums = ledger.groupby(["year", "body", "kind"])["pence"].sum()
    found = rows_of(compared, OPTION, PENCE, 1).drop(FROM_POT, level="kind")
    assert found.to_dict() == sums[sums != 0].to_dict()
    assert set(ledger["year"]) == set(range(YEARS))


def test_person_months_are_rates_times_adults_times_months(compared, run):
    adults = compared.scenario.places[0].adults
    monthly = run.indicators.iloc[1:]
    active = monthly["employment_rate"] / (1 - monthly["unemployment_rate"])
    shares = {
        "in_work": monthly["employment_rate"],
        "unemployed": active * monthly["unemployment_rate"],
        "ill": monthly["limiting_illness"],
    }
    found = rows_of(compared, OPTION, MONTHS, 1).groupby(level=["kind", "year"]).sum()
    for state, share in shares.items():
        expected = adults * share.to_numpy().reshape(YEARS, 12).sum(axis=1)
        assert found[state].tolist() == pytest.approx(expected.tolist(), rel=1e-9)
    assert (found["ill_inactive"] < found["ill"]).all()
    assert (found["ill_inactive"] > 0).all()


def test_what_the_pot_spends_on_conditions_is_what_it_spends(compared):
    rows = rows_of(compared, OPTION, PENCE, 1)
    for_conditions = rows.xs(FROM_POT, level="kind").groupby(level="year").sum()
    spent = -rows.xs((COALITION, "pot_spend"), level=("body", "kind"))
    assert spent.min() > 0
    assert for_conditions.tolist() == pytest.approx(spent.tolist(), rel=1e-12)


def test_bodies_that_serve_one_condition_share_its_money_as_they_paid_in():
    paid = dict.fromkeys(BODIES, 0) | {"schools_and_learning": 30, "jobs_and_skills": 10, "council": 50}
    place = SimpleNamespace(
        coalition=SimpleNamespace(spent=np.array([60.0, 0.0, 20.0, 20.0, 100.0])),  # skills, ..., infrastructure
        partners=[SimpleNamespace(pooled=paid[body]) for body in BODIES],
    )
    shares = dict(zip(BODIES, shares_of_pot(place)))
    assert shares == pytest.approx({
        "schools_and_learning": 0.3 * 0.75, "jobs_and_skills": 0.3 * 0.25,  # 60 of 200, three to one
        "health": 0.1, "police_and_safety": 0.0, "council": 0.1, "environment": 0.0,  # the council serves cohesion too
        "housing_and_infrastructure": 0.25, "business_support": 0.25,  # none of the two paid in
    })  # fmt: skip


# Money


def test_what_government_pays_more_is_the_exchequers_cost(compared, worth):
    paid = -worth.changes.money(GOVERNMENT)
    assert paid == pytest.approx(yearly(compared, "exchequer_cost"), abs=0.01)
    assert np.abs(paid).max() > 1000


def test_costs_are_the_programmes_money(compared, worth):
    programme = yearly(compared, "programme_money")
    assert worth.economic.costs_by_replicate == pytest.approx(present_value(programme), rel=1e-9)
    by_kind = worth.economic.table().query("side == 'cost'")
    assert "programme: reward grant" in by_kind["line"].tolist()
    assert by_kind["present_value"].min() > 0


def test_public_money_is_what_is_avoided_less_what_the_partnership_takes(compared, worth):
    by_year = worth.public_money.by_body().loc["total"].to_numpy()[:YEARS]
    used = bodies.used(worth.changes)
    assert by_year == pytest.approx(used.mean(axis=0), abs=0.01)
    assert worth.public_money.net_of("total") == pytest.approx(present_value(used), abs=0.01)
    avoided = -yearly(compared, "demand_led_spend")
    running = yearly(compared, "transaction_cost") + sum(
        worth.changes.money("providers", kind)
        for kind in ("convening_support", "evidence_investment", "performance_management", "business_engagement")
    )
    assert used == pytest.approx(avoided - running, abs=0.01)


def test_nobody_holds_money_at_the_end_of_a_year(worth):
    assert worth.changes.balances() == pytest.approx(np.zeros((REPLICATES, YEARS)), abs=0.01)
    assert COALITION not in worth.public_money.by_body().index


def test_a_partners_money_is_what_it_has_from_pot_savings_and_government_less_what_it_pays_in(worth):
    table = worth.partners.set_index("body")
    assert list(table.index) == list(BODIES)
    expected = table["from_pot"] + table["avoided"] + table["from_government"] - table["pays_in"]
    assert table["net"].tolist() == pytest.approx(expected.tolist(), abs=0.1)
    assert table["pays_in"].max() > 1e6


# Cases


def test_the_economic_case_is_its_accounts_times_unit_values(compared, worth):
    world = compared.scenario.world
    pay = compared.courses("business_as_usual", "weekly_pay")[:, 1:].reshape(REPLICATES, YEARS, 12).mean(axis=2)
    pay *= 52 * rebase(1.0, "2008-09", "2006-07")  # the figure is of April 2008

    def more(state):
        """Person-years (replicates, years)."""
        found = []
        for replicate in range(REPLICATES):
            own, base = (
                rows_of(compared, option, MONTHS, replicate).groupby(level=["kind", "year"]).sum()[state]
                for option in (OPTION, "business_as_usual")
            )
            found.append((own - base).to_numpy() / 12)
        return np.array(found)

    price = world.money.bodies
    out_of_work = (
        0.93 * (price["jobs_and_skills"].per_unemployed * more("unemployed")
                + price["jobs_and_skills"].per_ill_inactive * more("ill_inactive"))
        + 0.97 * (price["housing_and_infrastructure"].per_unemployed * more("unemployed")
                  + price["housing_and_infrastructure"].per_ill_inactive * more("ill_inactive"))
        + 0.92 * price["council"].per_unemployed * more("unemployed")
    )  # fmt: skip
    money = (
        -yearly(compared, "exchequer_cost")
        + 0.67 * (1 - 0.3) * pay * more("in_work")  # taxes are paid and received
        + world.mechanisms.jobs_to_demand * out_of_work
    )
    qaly = rebase(70_000.0, "2020-21", "2006-07")
    health = -0.2 * qaly * more("ill")
    expected = present_value(money) + present_value(health, kind="health")
    found = worth.economic
    assert found.benefits_by_replicate - found.costs_by_replicate == pytest.approx(expected, rel=1e-9)
    assert found.prices == "2006-07"


def test_bodies_of_the_economic_case_add_up_to_its_value(worth):
    found = worth.economic.by_body()["present_value"]
    assert found["total"] == pytest.approx(worth.economic.npsv, rel=1e-12)
    assert found.drop("total").sum() == pytest.approx(worth.economic.npsv, rel=1e-9)
    assert list(found.index) == [GOVERNMENT, *worth.changes.parts, "total"]


def test_taxes_are_a_transfer_and_what_the_financial_case_has(worth):
    economic, financial = (
        case.table().set_index("line")["present_value"] for case in (worth.economic, worth.financial)
    )
    assert economic[cases.TAXES] == pytest.approx(0, abs=0.01)
    assert financial[cases.TAXES] == pytest.approx(0.26 * economic[cases.EARNINGS], rel=1e-9)
    assert economic[cases.TIME] == pytest.approx(-0.3 * economic[cases.EARNINGS], rel=1e-9)


def test_the_financial_case_is_what_bodies_put_in_and_save(compared, worth):
    found = worth.financial
    put_in = yearly(compared, "programme_money") + yearly(compared, "transaction_cost")
    assert found.costs_by_replicate == pytest.approx(present_value(put_in), rel=1e-9)
    taxes = found.table().set_index("line").loc[cases.TAXES, "present_value"]
    saved = -present_value(yearly(compared, "demand_led_spend")).mean()
    assert found.pv_benefits == pytest.approx(saved + taxes, abs=0.1)


def test_output_is_shown_beside_and_in_no_sum(compared, worth):
    (output, surplus) = worth.beside.values()
    change = compared.courses(OPTION, "output") - compared.courses("business_as_usual", "output")
    by_year = change[:, 1:].reshape(REPLICATES, YEARS, 12).mean(axis=2)
    assert output.benefits_by_replicate == pytest.approx(present_value(by_year), rel=1e-9)
    assert (output.pv_costs, surplus.pv_costs) == (0, 0)
    assert not {"output", "surplus"} & set(worth.economic.table()["line"])


def test_yardsticks_are_the_models_own_ratios(compared, worth):
    per_person, per_job = worth.yardsticks["model"]
    cost = yearly(compared, "exchequer_cost").sum(axis=1).mean()
    assert per_job == pytest.approx(cost / compared.effect(OPTION, "jobs").effect, rel=1e-9)
    months = [
        sum(rows_of(compared, option, MONTHS, k).xs("in_work", level="kind").sum() for k in range(REPLICATES))
        for option in ("business_as_usual", OPTION)
    ]
    saved = -12 * REPLICATES * yearly(compared, "demand_led_spend").sum(axis=1).mean()
    assert per_person == pytest.approx(saved / (months[1] - months[0]), rel=1e-6)


def test_weights_are_those_of_the_counterfactuals_income(compared, worth):
    groups = compared.distribution("deprivation at the start").query("option == 'business_as_usual'")
    rates = groups[groups["indicator"] == "employment_rate"].set_index("group")["mean"]
    price = compared.scenario.world.money.bodies
    bodies_that_pay = ("jobs_and_skills", "housing_and_infrastructure", "council")
    out_of_work = sum(price[body].per_unemployed for body in bodies_that_pay)
    pay = 52 * rebase(compared.mean("business_as_usual", "weekly_pay"), "2008-09", "2006-07")
    income = rates * pay + (1 - rates) * out_of_work
    assert worth.weights == pytest.approx(((income.median() / income) ** 1.3).to_dict(), rel=1e-9)
    assert list(worth.weights) == worth.changes.parts
    assert max(worth.weights, key=worth.weights.get) == rates.idxmin()


def test_pay_is_brought_to_the_prices_of_the_run_from_the_year_of_each_figure():
    places = [
        SimpleNamespace(residents=SimpleNamespace(weekly_pay=SimpleNamespace(year=year)))
        for year in (2008, 2006, None, 2020)
    ]
    later, same, unknown, much_later = pay_factors(SimpleNamespace(start="2006-04", places=places))
    assert later == rebase(1.0, "2008-09", "2006-07") == pytest.approx(0.95, abs=0.01)
    assert same == unknown == 1.0
    assert much_later == rebase(1.0, "2020-21", "2006-07") < later


def test_weighted_cases_weigh_residents_and_not_government(worth):
    plain = worth.economic.by_body()["present_value"]
    residents = plain[worth.changes.parts]
    for found, weights in ((worth.weighted, worth.weights), (worth.poorest, dict.fromkeys(residents.index, 2.4))):
        expected = plain[GOVERNMENT] + sum(weights[part] * value for part, value in residents.items())
        assert found.npsv == pytest.approx(expected, rel=1e-9)


def test_a_programme_that_settlements_pay_for_costs_what_government_pays_more():
    compared = coalsim.compare(walsall(24, budget_neutral=True), replicates=2, workers=1)
    found = compared.worth(OPTION).economic
    costs = found.table().query("side == 'cost'")["line"].tolist()
    assert cases.SETTLEMENTS in costs
    assert cases.TAKEN_BACK not in found.table()["line"].tolist()
    assert found.costs_by_replicate == pytest.approx(present_value(yearly(compared, "exchequer_cost")), abs=0.1)
    assert found.pv_costs < present_value(yearly(compared, "programme_money")).mean()


def test_a_policy_is_worth_nothing_more_than_itself(same):
    for case in (same.economic, same.financial, same.public_money, same.weighted, *same.beside.values()):
        assert case.npsv_estimate == (0, 0, 0)
        assert case.npsv_range == (0, 0)
        assert not case.by_body().to_numpy().any()
    assert same.economic.band == "no cost"
    assert set(same.partners["case"]) == {bodies.OUT}
    assert same.additionality.net == same.additionality.nation == (0, 0, 0)
    assert same.losers == []


# Who pays and who gains


@pytest.mark.parametrize(
    ("low", "high", "condition_low", "says"),
    [
        (1.0, 2.0, -1.0, bodies.GAINS),
        (0.0, 2.0, 1.0, bodies.UNCLEAR),
        (-2.0, 1.0, 1.0, bodies.UNCLEAR),
        (-2.0, 0.0, 1.0, bodies.UNCLEAR),
        (-2.0, -1.0, 0.1, bodies.FIELD),
        (-2.0, -1.0, 0.0, bodies.PAYS),
        (-2.0, -1.0, -0.1, bodies.PAYS),
        (-2.0, -1.0, np.nan, bodies.PAYS),
    ],
)
def test_a_partner_is_judged_by_its_money_and_its_field(low, high, condition_low, says):
    assert bodies.judged(low, high, condition_low) == says


def test_partners_are_judged_by_their_own_intervals(compared, worth):
    table = worth.partners
    assert table["pays_in"].min() > 0
    for row in table.to_dict("records"):
        assert row["case"] == bodies.judged(row["net_low"], row["net_high"], row["condition_low"])
        effect = compared.effect(OPTION, row["condition"])
        assert (row["condition_change"], row["condition_low"]) == (effect.effect, effect.low)
    assert worth.losers == table.loc[table["case"] == bodies.PAYS, "body"].tolist()


def test_who_pays_keeps_public_money_residents_and_businesses_apart(worth):
    table = worth.who_pays.set_index("body")
    public = table[table["sector"] == "public"]
    assert set(public.index) == {GOVERNMENT, *BODIES, "all public bodies"}
    parts = public.drop("all public bodies")["present_value"].sum()
    assert parts == pytest.approx(public.loc["all public bodies", "present_value"], abs=0.01)
    residents = table[table["sector"] == "residents"]
    assert list(residents.index) == worth.changes.parts
    assert (
        residents["present_value"].tolist() == worth.economic.by_body().loc[residents.index, "present_value"].tolist()
    )
    surplus = table[table["sector"] == "businesses"]["present_value"]
    assert surplus.to_dict() == {"businesses": worth.beside[cases.SURPLUS].npsv}


# Additionality


def test_counted_jobs_are_those_of_the_identity(worth):
    found = worth.additionality
    assert found.by_identity["adopters' residents"] == pytest.approx(found.residents.value, rel=1e-9)
    assert found.by_identity["all places"] == pytest.approx(found.nation.value, rel=1e-9)


def test_deadweight_is_what_would_have_happened_anyway(compared, worth):
    found, jobs = worth.additionality, compared.effect(OPTION, "jobs")
    start, base = (compared.values("business_as_usual", name) for name in ("jobs@month=0", "jobs"))
    assert found.deadweight.value == pytest.approx((base - start).mean(), rel=1e-9)
    assert found.net == pytest.approx((jobs.effect, jobs.low, jobs.high), rel=1e-9)
    assert found.gross.value == pytest.approx(found.deadweight.value + found.net.value, rel=1e-9)
    assert found.deadweight_share.value == pytest.approx(found.deadweight.value / found.gross.value, rel=1e-9)


def test_the_ready_reckoner_is_the_guides_arithmetic(worth):
    found = worth.additionality
    for level, left in (("low", 0.9 * 0.75 * 1.05), ("medium", 0.75 * 0.5 * 1.1), ("high", 0.5 * 0.25 * 1.15)):
        assert found.reckoned(level) == pytest.approx(left * found.net.value, rel=1e-9)


def test_what_was_not_simulated_is_said(worth):
    found = worth.additionality
    assert found.displacement is None
    assert found.multiplier is None
    notes = found.table().set_index("step")["note"]
    assert "nothing beyond the adopters was simulated" in notes["displacement: lost by places that do not adopt"]
    assert MULTIPLIER in notes["multiplier"]


def test_displacement_is_measured_where_others_are_simulated(opened):
    found, reach = opened.worth("somewhere").additionality, opened.reach("somewhere")
    assert isinstance(found.displacement, Ratio)
    for ratio, same in ((found.displacement, reach.displacement), (found.leakage, reach.leakage)):
        assert (ratio.value, ratio.low, ratio.high) == pytest.approx((same.value, same.low, same.high), rel=1e-9)
    assert found.displacement.value != 0
    counts = {side: of.counts for side, of in reach.sides.items()}
    assert found.net.value == pytest.approx(counts["adopters"]["jobs"].effect, rel=1e-9)
    assert found.nation.value == pytest.approx(counts["nation"]["jobs"].effect, rel=1e-9)
    assert found.residents.value == pytest.approx(counts["adopters"]["jobs_held_by_residents"].effect, rel=1e-9)
    assert found.by_identity["all places"] == pytest.approx(found.nation.value, rel=1e-9)
    assert found.by_identity["adopters' residents"] == pytest.approx(found.residents.value, rel=1e-9)
    assert opened.worth("everywhere").additionality.displacement is None


def test_places_add_up_to_all_of_them(opened):
    whole = opened.worth("somewhere")
    parts = [opened.in_place(place.name).worth("somewhere") for place in opened.scenario.places]
    for case in ("economic", "financial", "public_money"):
        values = [getattr(part, case).npsv for part in parts]
        assert sum(values) == pytest.approx(getattr(whole, case).npsv, rel=1e-9, abs=0.01)
    assert sum(part.economic.pv_costs for part in parts) == pytest.approx(whole.economic.pv_costs, rel=1e-9)
    assert [part.economic.pv_costs > 0 for part in parts] == [True, False, True, False]  # where it is adopted


def test_a_last_year_of_one_month_has_the_money_of_one_month(opened):
    worth, programme = opened.worth("somewhere"), yearly(opened, "programme_money", "somewhere")
    assert worth.economic.years == programme.shape[1] == 2
    assert worth.economic.costs_by_replicate == pytest.approx(present_value(programme), rel=1e-9)


def test_social_value_of_places_adds_up_to_that_of_all(opened):
    option = opened.options[1]
    places = {place.name: opened.in_place(place.name) for place in opened.scenario.places}
    table = worth_of("place", places).data
    told = table[table["option"] == option]["npsv_gbp"]
    assert len(told) == len(places)
    assert told.sum() == pytest.approx(opened.worth(option).economic.npsv)


def test_output_of_a_last_year_of_one_month_is_that_of_one_month(opened):
    worth = opened.worth(opened.options[1])
    yearly = worth.changes.indicator("output")[:, 1]
    output = next(iter(worth.beside.values())).benefits[0].array[:, 1]
    assert output == pytest.approx(yearly / 12)


def test_the_multiplier_is_the_effect_with_it_over_that_without():
    compared = coalsim.compare(walsall(12), replicates=2, workers=1, factors={MULTIPLIER: [0, 1]})
    without, with_it = compared.cases()
    jobs = [np.subtract(*case.pairs(OPTION, "jobs")[::-1]) for case in (with_it, without)]
    found = with_it.worth(OPTION).additionality.multiplier
    assert found.value == pytest.approx(jobs[0].mean() / jobs[1].mean(), rel=1e-9)
    assert without.worth(OPTION).additionality.multiplier is None


# Told, refused and verified


def test_the_shell_tells_the_same_worth_as_python():
    scenario = coalsim.load_scenario(SCENARIOS / "walsall.yaml", sample=0.03, months=12)
    compared = coalsim.compare(scenario, replicates=2, workers=1)
    arguments = ["compare", SCENARIOS / "walsall.yaml", "--set", "sample=0.03", "--set", "months=12"]
    done = CliRunner().invoke(cli, [*map(str, arguments), "--replicates", "2", "--workers", "1", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["options"]
    for option in compared.options[1:]:
        economic = compared.worth(option).economic
        assert (told[option]["npv"], told[option]["bcr"]) == (economic.npsv, economic.bcr)
        assert told[option]["appraisal"]["band"] == economic.band
    assert [told["business_as_usual"][name] for name in ("npv", "bcr", "appraisal")] == [None, None, None]


def test_a_summary_holds_the_cases_and_no_nan(worth, same):
    told = json.loads(json.dumps(worth.summary(), allow_nan=False))
    assert told["npsv"]["value"] == worth.economic.npsv
    assert (told["npsv"]["low_with_unit_values"], told["npsv"]["high_with_unit_values"]) == worth.economic.npsv_range
    assert told["financial"]["npv"]["value"] == worth.financial.npsv
    assert told["npsv_weighted"] == worth.weighted.npsv
    assert told["pays_and_does_not_gain"] == worth.losers
    assert told["bodies"].keys() == {GOVERNMENT, *BODIES, "all public bodies", *worth.changes.parts, "businesses"}
    assert json.loads(json.dumps(same.summary(), allow_nan=False))["bcr"]["value"] is None


def test_the_counterfactual_is_refused(compared):
    with pytest.raises(ValueError, match="business_as_usual is the counterfactual: nothing is additional to it"):
        _ = compared.worth("business_as_usual").economic
    with pytest.raises(ValueError, match="did you mean 'growth_coalition'"):
        compared.worth("growth_colation")


def test_one_pair_is_refused(compared):
    lonely = fresh(compared)
    lonely.ensemble.status[list(lonely.ensemble.design.run_ids(lonely.cell(OPTION)))[1:]] = FAILED
    assert not lonely.can_appraise
    with pytest.raises(ValueError, match="growth_coalition: an appraisal needs two pairs of runs that are done; 1 are"):
        _ = lonely.worth(OPTION).economic


def test_a_pair_with_a_failed_run_is_left_out(compared, worth):
    two = fresh(compared)
    two.ensemble.status[two.ensemble.design.run_ids(two.cell("business_as_usual"))[1]] = FAILED
    found, whole = two.worth(OPTION).economic, worth.economic
    assert found.replicates == 2
    assert found.benefits_by_replicate == pytest.approx(whole.benefits_by_replicate[[0, 2]], rel=1e-12)
    assert found.costs_by_replicate == pytest.approx(whole.costs_by_replicate[[0, 2]], rel=1e-12)


def test_results_without_accounts_are_refused_with_the_cure(compared):
    old = fresh(compared)
    old.ensemble.families = dict.fromkeys(old.ensemble.families, ("indicators", "distribution"))
    with pytest.raises(ValueError, match=r"has no accounts: .* run the same command into a new folder"):
        _ = old.worth(OPTION).economic
    assert not old.can_appraise
    assert old.summary()["options"][OPTION]["npv"] is None
    assert "net present social value" not in str(old)
    assert "net present social value" in str(compared)


def test_verify_finds_a_penny_that_was_moved(compared, tmp_path):
    folder = tmp_path / "moved"
    shutil.copytree(compared.ensemble.folder, folder)
    assert verify(folder, sample=1).is_good
    (part,) = (folder / "accounts").iterdir()
    table = pq.read_table(part)
    moved = pc.add(table["amount"], pa.scalar(1.0))
    pq.write_table(table.set_column(table.column_names.index("amount"), "amount", moved), part)
    problems = " ".join(verify(folder, sample=1).problems)
    assert f"accounts/{part.name} is not what was written" in problems
    assert "accounts differ from a repetition" in problems


def test_accounts_can_be_had_of_a_single_run(compared):
    accounts = Accounts()
    coalsim.simulate(compared.scenario, policy=OPTION, seed=1, months=12, on_month=accounts.record)
    table = accounts.table()
    assert list(table.columns) == ["locality", "year", "body", "kind", "unit", "amount"]
    first = rows_of(compared, OPTION, PENCE, 1)[0]
    found = table[table["unit"] == PENCE].set_index(["body", "kind"])["amount"]
    assert found.to_dict() == first.to_dict()


# Shown


def test_it_names_its_option_and_what_it_is_held_against(worth):
    assert str(worth).startswith("Growth coalition against business as usual: net present social value ")


def test_its_table_is_what_the_cases_say(worth):
    table = worth.table().set_index("what")
    assert tuple(table.loc["net present social value", ["value", "low", "high"]]) == worth.economic.npsv_estimate
    assert table.loc["public bodies' benefit-cost ratio", "value"] == worth.financial.bcr
    assert set(table["unit"]) == {"1", f"GBP, {worth.economic.prices} prices"}


def test_jupyter_shows_what_it_is_worth_and_to_whom(worth, shown):
    assert shown.startswith(f"<p>{worth.sentence}</p>")
    assert shown.count("<table>") == 2
    assert f"present value, GBP, {worth.economic.prices} prices" in shown
    assert all(f">{body.replace('_', ' ')}<" in shown for body in (*BODIES, "all public bodies"))
    assert worth.economic._repr_html_().count("<tr>") == 1 + len(worth.economic.table())


def test_who_pays_is_drawn_in_millions(worth):
    figure = worth.plot()
    rows = worth.who_pays.set_index("body")
    public = figure.axes[0]
    names = [text.get_text().replace("\n", " ") for text in public.get_yticklabels()]
    drawn = [line.get_xdata()[0] for line in public.lines if line.get_marker() == "o"]
    assert names == [*(str(body).replace("_", " ") for body in rows.index[rows["sector"] == "public"])]
    assert drawn == pytest.approx(1e-6 * rows.loc[rows["sector"] == "public", "present_value"].to_numpy())
    assert figure.note == worth.comparison.provenance


def test_an_appraisal_draws_its_lines_with_costs_below_nought(worth):
    _, _, totals = worth.economic.plot().axes
    drawn = [line.get_xdata()[0] for line in totals.lines if line.get_marker() == "o"]
    assert drawn == pytest.approx(
        1e-6 * np.array([-worth.economic.pv_costs, worth.economic.pv_benefits, worth.economic.npsv])
    )
