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
# # What matters, and under which conditions
# You will ask which of the things that nobody knows decide what a run says, how much is luck, and where in their space a bad
# end is the rule. It takes about a minute on two cores. One resident in ten and some 170 runs are few: this shows
# how, not what is true.

# %%
import math
from pathlib import Path

import numpy as np

import coalsim
from coalsim import analysis

SCENARIOS = Path("../scenarios")

# %% [markdown]
# ## Where the answer is known
# A function of three factors whose shares of the variance are known (Ishigami and Homma 1990), with luck of the same variance
# added. S1 is what a factor does alone, ST what it does alone and together with others, each with half its 95% interval.
# Exactly: S1 0.314, 0.442 and 0; ST 0.558, 0.442 and 0.244; luck half of a run's variance.


# %%
def ishigami(x, seed):
    """Three factors, one of which acts only together with another, and luck."""
    value = math.sin(x["a"]) + 7 * math.sin(x["b"]) ** 2 + 0.1 * x["c"] ** 4 * math.sin(x["a"])
    return value + 3.72 * np.random.default_rng(seed).standard_normal()


table = analysis.sensitivity(ishigami, dict.fromkeys("abc", (-math.pi, math.pi)), samples=256, replicates=4)
print(f"luck makes {table.noise_share:.0%} of a run's variance")
table.round(3)

# %% [markdown]
# ## What drives deprivation in Walsall
# Four factors: `{}` takes the range that a parameter declares in docs/parameters.md, most of them assumptions. A factor with
# a wide range matters more for that alone.

# %%
scenario = coalsim.load_scenario(SCENARIOS / "walsall.yaml", sample=0.1, months=120)
factors = {
    "policy.pooled_fund.share": (0.0, 0.6),  # share of members' discretionary money that is pooled
    "world.money.settlement_growth": {},  # real growth of what central government pays, a year
    "world.conditions.eta": {},  # returns to spending
    "world.mechanisms.conditions_to_residents": {},  # how strongly conditions reach residents; 1 as estimated
}

# %% [markdown]
# Morris's method moves one factor at a time from eight starting points and asks for the least runs. `@change` is the last
# year less the start. mu\* is the mean change in points when a factor moves over its whole range, whatever its sign; sigma is
# how much that hangs on the other factors; ± is half a 95% interval. Runs that are compared meet the same luck.

# %%
drivers = coalsim.sensitivity(
    scenario,
    factors,
    outputs=["severe_deprivation@change"],
    policy="growth_coalition",
    method="morris",
    samples=8,
)
print(drivers)

# %%
drivers.plot()

# %% [markdown]
# `method="sobol_total"` or `"two_stage"` give shares of the variance for more runs, and `against="business_as_usual"` asks what
# drives the difference between two options instead of the level (docs/howto/sensitivity.md).
#
# ## Under which conditions it gets worse
# Ninety-six points evenly over the same space, one run at each. A box is a set of limits that hold together: *density* is how
# many of its cases are of interest, *coverage* how many of all such cases it holds. There is a box in pure chance, too: one
# is told only if boxes made from random halves of the points hold on the other halves, and the density on those is the one
# to believe.

# %%
worse = "severe deprivation rises by three points or more"
conditions = coalsim.discover(
    scenario,
    factors,
    {worse: {"output": "severe_deprivation@change", "at_least": 0.03}},
    outputs=["severe_deprivation@change"],
    policy="growth_coalition",
    samples=96,
)
print(conditions)

# %% [markdown]
# ## The picture
# Every point is a run; the box is drawn over the factor that it limits and another. Where no box is found, the drivers are
# drawn again.

# %%
found = conditions.cases[worse]
conditions.plot() if found.boxes else drivers.plot()

# %%
first = drivers.table().sort_values("mu_star", ascending=False).iloc[0]
if found.boxes:
    box = found.boxes[0]
    picture = (
        f"Where {' and '.join(map(str, box.limits))}, {worse} in {box.density:.0%} of runs, against {found.base_rate:.0%} "
        f"overall, and in {box.fresh_density:.0%} on points from which the box was not made. "
    )
else:
    picture = f"{found.sentence} "
print(
    f"{picture}What matters most is {first.name}: over its whole range it changes severe deprivation by "
    f"{100 * first['mu_star']:.0f} ± {100 * first['mu_star_conf']:.0f} points. Both come from few runs in the declared "
    "ranges, and say nothing of what lies outside them."
)
