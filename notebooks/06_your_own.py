# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own instrument, your own indicator
# You will write an instrument of policy and an indicator that the package does not have, check the rule by hand, and compare the
# same money spent everywhere and where it is needed most. It takes about half a minute on two cores. One resident in ten, ten
# years and sixteen runs of each option are few, and the instrument is invented: this shows how, not what is true.

# %%
import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

import coalsim
from coalsim import analysis
from coalsim.indicators import indicator
from coalsim.ledger import GOVERNMENT, PROVIDERS
from coalsim.names import EMPLOYED, SKILLS
from coalsim.policies import Instrument

# %% [markdown]
# ## An instrument
# Learning money: so much a head of the whole place, spent on skills in a share of its neighbourhoods, the most deprived first.
# With a share of 1 everybody gets the same. A subclass of `Instrument` with a `phase` registers itself, its fields become
# settings in policy files, and in each month in which it is in force it acts on each place that adopts it. The two rules are
# pure methods, so that they can be checked alone.
#
# A kind is declared once in a session: to change this cell, restart the kernel.


# %%
class LearningMoney(Instrument):
    """Money for adult learning in the most deprived neighbourhoods of a place."""

    phase: ClassVar[str] = "conditions"
    is_time_limited: ClassVar[bool] = True  # it brings money that ends with it
    scales: ClassVar[tuple[str, ...]] = ("per_head",)  # what sizes its money, for comparisons at equal cost
    per_head: float = Field(40.0, ge=0, le=500, description="GBP per resident of the whole place and year.")
    neighbourhoods: float = Field(1.0, gt=0, le=1, description="Share of neighbourhoods that get it, the worst first.")

    def act_on(self, model: Any, locality: Any, terms: Any, strength: float) -> None:
        """Pay a month of it to learning providers; where it is spent it counts as spending on skills."""
        pence = self.monthly(locality.heads * locality.n_residents, strength)
        model.pay_programme(locality, GOVERNMENT, PROVIDERS, "learning_money", pence)
        chosen = self.chosen(locality.geography.deprivation)
        there = locality.heads * locality.n_homes[chosen].sum()  # residents of all ages who live there
        locality.spend[chosen, SKILLS] += 12 / 100 * pence / there  # GBP a head and year

    def monthly(self, heads: float, strength: float) -> int:
        """Pence a month for a number of residents."""
        return round(100 * self.per_head * strength * heads / 12)

    def chosen(self, deprivation: np.ndarray) -> np.ndarray:
        """Rows of the neighbourhoods that get it, the most deprived first."""
        number = max(1, round(self.neighbourhoods * deprivation.size))
        return np.argsort(-deprivation, kind="stable")[:number]


# %% [markdown]
# A rule is checked on numbers whose answer you can work out: 40 x 0.5 x 1,200 / 12 = GBP 2,000, and the two worst of four.

# %%
assert LearningMoney(per_head=40).monthly(heads=1200, strength=0.5) == 200_000  # pence
assert list(LearningMoney(neighbourhoods=0.5).chosen(np.array([10.0, 40.0, 20.0, 30.0]))) == [1, 3]

# %% [markdown]
# ## An indicator
# A function of the model and a place that returns a number, with its unit and which way is better. It must be declared before the
# model is made, and is then recorded every month. `place.people` counts residents by neighbourhood, status, level and illness.


# %%
@indicator(unit="1", subject="labour", better="lower")
def employment_gap(model: Any, place: Any) -> float:
    """Employment rate of the other neighbourhoods less that of the fifth that was most deprived at the start."""
    worst = np.zeros(place.n_homes.size, dtype=bool)
    worst[np.argsort(-place.geography.deprivation, kind="stable")[: max(1, place.n_homes.size // 5)]] = True
    employed = place.people[:, EMPLOYED].sum(axis=(1, 2))
    rate = [employed[side].sum() / place.n_homes[side].sum() for side in (worst, ~worst)]
    return float(rate[1] - rate[0])


# %% [markdown]
# ## A scenario that uses them
# Two policies with the same money for eight years, in a copy of the scenario folder that is removed at the end.

# %%
scratch = tempfile.TemporaryDirectory()
SCENARIOS = Path(shutil.copytree("../scenarios", Path(scratch.name) / "scenarios"))
for name, share in (("Learning everywhere", 1.0), ("Learning where needed", 0.2)):
    (SCENARIOS / "policies" / f"{name.lower().replace(' ', '_')}.yaml").write_text(f"""
name: {name}
instruments:
  learning_money: {{end: 96, neighbourhoods: {share}}}
""")
(SCENARIOS / "learning.yaml").write_text("""
extends: walsall.yaml
name: Walsall, learning
question: Does the same money do more where it is needed most?
months: 120
options:
  - policies/business_as_usual.yaml
  - policies/learning_everywhere.yaml
  - policies/learning_where_needed.yaml
sample: 0.1
""")
scenario = coalsim.load_scenario(SCENARIOS / "learning.yaml")
scenario.options["learning_where_needed"]

# %% [markdown]
# One run, to see that the money is paid for as long as it should be. Every month of the ledger sums to zero, or the run fails.

# %%
run = coalsim.simulate(scenario, policy="learning_where_needed", seed=1, months=100)
paid = run.ledger.query("kind == 'learning_money' and pence > 0")
assert paid["month"].max() == 95
print(
    f"GBP {paid['pence'].sum() / 100:,.0f}: 40 x {scenario.places[0].residents.population.value:,.0f} residents x 8 years"
)
run.plot(("employment_gap", "employment_rate", "programme_money"))

# %% [markdown]
# ## Compare
# An instrument made in a notebook travels to worker processes, an indicator does not: compare in this process, with `workers=1`,
# or put it into a module that is installed. Outputs are means of the last year; an effect is a difference between runs that
# meet the same luck.

# %%
comparison = coalsim.compare(
    scenario,
    replicates=16,
    workers=1,
    outputs=("employment_gap", "employment_rate", "severe_deprivation"),
)
found = comparison.table().query("indicator in ('employment_gap', 'employment_rate', 'severe_deprivation')")
found[["option", "indicator", "mean", "effect", "low", "high", "p_better", "detectable"]].round(4)

# %% [markdown]
# *low* and *high* are the ends of the effect's 95% interval, *p_better* the chance that it is for the better, *detectable* the
# smallest true difference that so many pairs find in four of five experiments. Which of the two does more is a question of its
# own: intervals that overlap do not answer it, their paired difference does.

# %%
everywhere, needed = (
    comparison.values(option, "employment_gap") for option in ("learning_everywhere", "learning_where_needed")
)
between = analysis.compare_paired(everywhere, needed, better="lower")
print(f"where needed less everywhere: {100 * between.effect:+.2f} points")
print(f"95% interval {100 * between.low:+.2f} to {100 * between.high:+.2f}; detectable {100 * between.detectable:.2f}")

# %% [markdown]
# ## The picture
# Every pair of runs as a dot, with the mean and its 95% interval.

# %%
comparison.plot_pairs()


# %%
def in_words(effect):
    """An effect in points with its interval, and whether luck may have done it."""
    low, high = 100 * effect.low, 100 * effect.high
    clear = "luck alone may do that" if low <= 0 <= high else "more than luck alone does"
    return f"{100 * effect.effect:+.2f} points ({low:+.2f} to {high:+.2f}: {clear})"


money, gap = comparison.cost("learning_everywhere"), comparison.mean("business_as_usual", "employment_gap")
print(
    f"In {comparison.replicates} pairs of runs GBP {money / 1e6:,.0f}m of learning money changes the gap in employment, which is "
    f"{100 * gap:.1f} points without it, by {in_words(comparison.effect('learning_everywhere', 'employment_gap'))} where "
    f"everybody gets it and by {in_words(comparison.effect('learning_where_needed', 'employment_gap'))} where the worst fifth "
    f"does; between the two lie {in_words(between)}. In brackets 95% intervals, which show luck within the model only."
)
scratch.cleanup()
