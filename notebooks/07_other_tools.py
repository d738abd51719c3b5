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
# # Drive the model from Mesa, SALib and the EMA Workbench
# You will run the model with Mesa's `batch_run`, screen its factors with SALib's `ProblemSpec`, and look for conditions with the
# EMA Workbench, so that what you know from there is of use here. It takes about half a minute on two cores. Three residents
# in a hundred, four years and some 150 runs are few: this shows how, not what is true.

# %%
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from mesa import batch_run
from SALib import ProblemSpec

import coalsim
from coalsim import analysis
from coalsim.figures import Picture

SCENARIOS = Path("../scenarios")

# %% [markdown]
# The question: how many of Walsall's eight public bodies belong to the coalition, and what decides that? The answer of a run is
# `partners_in`, their share, as the mean over its last year.

# %%
SIZE = {"sample": 0.03, "months": 48}
REWARD = "policy.reward_grant.share_of_budget"  # largest reward, share of one year's net budget
RELUCTANCE = "world.partnership.reluctance"  # field against pooling with nothing on offer; -0.2 by default
PEER = "world.partnership.peer"  # how closely partners follow each other
RANGES = {REWARD: (0.0, 0.1), RELUCTANCE: (-0.5, 0.3), PEER: (0.0, 1.6)}

# %% [markdown]
# ## Mesa
# `CoalitionModel` is a `mesa.Model`, so `batch_run` runs it: a list is run value by value, dotted paths change any number of the
# scenario, `rng` holds the seeds, and a row holds every indicator in the last month. Partners are made reluctant here, so
# that there is something to win. (`batch_run` also sets how this process starts others.)

# %%
rows = batch_run(
    coalsim.CoalitionModel,
    {
        "scenario": str(SCENARIOS / "walsall.yaml"),
        "policy": "growth_coalition",
        RELUCTANCE: 0.2,
        REWARD: [0.0, 0.05, 0.1],
        **SIZE,
    },
    rng=range(8),
    max_steps=SIZE["months"],
    display_progress=False,
)
by_reward = pd.DataFrame(rows).pivot(index="rng", columns=REWARD, values="partners_in")
by_reward

# %% [markdown]
# A row is a seed, and a seed is the same luck at every reward: the runs are pairs. `analysis.compare_paired` takes any two
# columns, and gives the mean difference with its 95% interval (Student's t).

# %%
drawn = analysis.compare_paired(by_reward[0.0], by_reward[0.1])
print(f"the largest reward against none: {100 * drawn.effect:+.0f} points of bodies in the last month")
print(f"95% interval {100 * drawn.low:+.0f} to {100 * drawn.high:+.0f}, {drawn.n} pairs")

# %% [markdown]
# ## SALib
# SALib asks for a function of an array of points. All points meet the same luck (one seed), so that a factor which does nothing
# gets nothing; the cost is that the answer is that of one seed.

# %%
scenario = coalsim.load_scenario(SCENARIOS / "walsall.yaml", **SIZE)


def partners_in(point, seed=0):
    """Mean share of public bodies in the coalition over the last year."""
    run = coalsim.simulate(scenario, policy="growth_coalition", seed=seed, **point)
    return run.indicators["partners_in"].tail(12).mean()


problem = ProblemSpec({"names": list(RANGES), "bounds": list(RANGES.values()), "outputs": ["partners_in"]})
problem.sample_morris(12, seed=1)
problem.evaluate(lambda points: np.array([partners_in(dict(zip(RANGES, map(float, point)))) for point in points]))
problem.analyze_morris(seed=1)
screened = problem.analysis.to_df()
screened[["mu", "mu_star", "mu_star_conf", "sigma"]].round(3)

# %% [markdown]
# mu_star is the mean change of the share when a factor moves over its whole range, mu_star_conf half its 95% interval, sigma how
# much it hangs on the other factors. `coalsim.sensitivity(..., method="morris")` does the same on all cores, keeps the runs, and
# says how much is luck.
#
# ## EMA Workbench
# A model is a function of named parameters that returns a dictionary of outcomes. Points are a Latin hypercube, each with
# a seed of its own.

# %%
warnings.filterwarnings("ignore", message="ipyparallel")  # which the workbench would like to have, and need not
import ema_workbench as ema
from ema_workbench.analysis import prim


def coalition(reward=0.0, reluctance=0.0, peer=0.0, seed=0):
    """One run for the workbench."""
    return {"partners_in": partners_in({REWARD: reward, RELUCTANCE: reluctance, PEER: peer}, seed=int(seed))}


NAMES = ["reward", "reluctance", "peer"]
model = ema.Model("walsall", function=coalition)
model.uncertainties = [
    *(ema.RealParameter(name, *ends) for name, ends in zip(NAMES, RANGES.values())),
    ema.IntegerParameter("seed", 0, 10_000),
]
model.outcomes = [ema.ScalarOutcome("partners_in")]
experiments, outcomes = ema.perform_experiments(model, scenarios=80, uncertainty_sampling_kwargs={"rng": 1})

# %% [markdown]
# The case of interest: fewer than three in four bodies belong. PRIM peels off what holds few such cases; on its path you choose
# between coverage (how many of all such cases a box holds) and density (how many of its cases are such).

# %%
points = experiments[NAMES]
few = outcomes["partners_in"] < 0.75
box = prim.Prim(points, few, peel_alpha=0.05).find_box()
box.peeling_trajectory[["coverage", "density", "mass", "res_dim"]].iloc[::4].round(2)

# %% [markdown]
# There is a box in pure chance, too. `analysis.discover` takes the same table, and tells only what holds on halves of the
# points from which it was not made.

# %%
found = analysis.discover(points, few, what="fewer than three in four bodies belong")
print(found)

# %% [markdown]
# ## The picture
# A panel for each tool. The box drawn is the one on PRIM's path with the largest harmonic mean of coverage and density.

# %%
figure = Picture(figsize=(11, 3.6), layout="constrained")
left, middle, right = figure.subplots(1, 3)

left.plot(100 * by_reward.columns, 100 * by_reward.T, "o-", color="#BBBBBB")
left.plot(100 * by_reward.columns, 100 * by_reward.mean(), "D-", color="#0072B2", label="mean")
left.set(title="Mesa: a line is a seed", xlabel="reward, % of budget", ylabel="bodies that belong, %")
left.legend(frameon=False)

middle.barh(NAMES, 100 * screened["mu_star"], xerr=100 * screened["mu_star_conf"], color="#56B4E9", capsize=4)
middle.set(title="SALib: mean size of effects, 95% interval", xlabel="points of bodies, over the whole range")

steps = box.peeling_trajectory
best = int(np.argmax(steps["coverage"] * steps["density"] / (steps["coverage"] + steps["density"])))
ends = box.box_lims[best]
for mask, colour, marker, label in ((few, "#D55E00", "x", "fewer than 3 in 4"), (~few, "#0072B2", "o", "more")):
    right.scatter(points["reluctance"][mask], 100 * points["reward"][mask], c=colour, marker=marker, label=label)
low, high = ends["reluctance"].astype(float), 100 * ends["reward"].astype(float)
right.plot([low[0], low[1], low[1], low[0], low[0]], [high[0], high[0], high[1], high[1], high[0]], "k-", label="box")
right.set(title="EMA Workbench: a mark is a run", xlabel="reluctance", ylabel="reward, % of budget")
right.legend(frameon=False, ncols=3, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.18))
figure

# %%
effects = ", ".join(
    f"{name} {100 * row.mu_star:.0f} ± {100 * row.mu_star_conf:.0f}" for name, row in zip(NAMES, screened.itertuples())
)
trust = "hold on the other half" if found.boxes else "do not hold on the other half: it may be chance"
print(
    f"Mesa: under {drawn.n} seeds the largest reward brings in {100 * drawn.effect:+.0f} points of the bodies "
    f"({100 * drawn.low:+.0f} to {100 * drawn.high:+.0f}). SALib: over its whole range a factor moves, in points, {effects}. "
    f"EMA Workbench: fewer than three in four belong in {few.mean():.0%} of {few.size} runs, and in "
    f"{steps['density'][best]:.0%} of those in the box; boxes made from half of the runs {trust}. "
    "Intervals are 95% and show luck and few points, not what is uncertain about the model itself."
)
