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
# # England: one place's gain, another's loss?
# You will run all 354 districts of England together, let a lot decide which half of them adopt a growth coalition, and look at
# the map, the spread over places and what reaches the others. It takes one to two minutes on two cores. One resident in forty,
# two years and two pairs of runs are very few: this shows how, not what is true.

# %%
from pathlib import Path

import pandas as pd

import coalsim
from coalsim import analysis

SCENARIOS = Path("../scenarios")

# %% [markdown]
# ## A nation
# `england_roll_out.yaml` is `england_2006.yaml` with two of its options. Places exchange commuters and movers and share the
# national budget, so that what one wins another may lose. Figures that no source gives for every district are derived and say
# so: read what is found for a place as that of *a place like it*.

# %%
scenario = coalsim.load_scenario(SCENARIOS / "england_roll_out.yaml", sample=0.025, months=24)
adults = sum(place.adults for place in scenario.places)
print(
    f"{len(scenario.places)} places; {adults:,} residents aged 16-64, {adults * scenario.sample:,.0f} of them simulated"
)
jobs = scenario.places[0].economy.jobs
print(f"{scenario.places[0].name}: {jobs.value:,.0f} jobs, {jobs.status}: {jobs.source}")

# %% [markdown]
# The lot belongs to the policy, and draws the same 177 places in every run.

# %%
scenario.options["growth_coalition_in_half"].where

# %% [markdown]
# ## Compare
# Two options under the same two seeds, so four runs of England. Most of the time goes into laying out 354 places four times.

# %%
comparison = coalsim.compare(scenario, replicates=2, outputs=("employment_rate", "severe_deprivation"))

# %% [markdown]
# ## What reaches the others
# In the last year: additional jobs and residents in work where the policy is adopted, elsewhere and in all places. Over the
# nation both change by the same number, since every commuter has both. With two pairs a 95% interval reaches 12.7 standard
# errors either side, with three 4.3, with eight 2.4: a third pair is worth its time.

# %%
reach = comparison.reach("growth_coalition_in_half")
pd.DataFrame(
    {
        (side.name, name): (f"{count.effect:+,.0f}", f"{count.low:+,.0f} to {count.high:+,.0f}")
        for side in reach.sides.values()
        for name, count in side.counts.items()
    },
    index=["additional", "95% interval"],
).T

# %% [markdown]
# *Displacement* is jobs lost elsewhere for each job that adopters win, *leakage* the share of the adopters' additional jobs that
# go to people who live elsewhere. Both are ratios, with Fieller's interval, which has no ends where the adopters' gain may be
# nought: then they cannot be told. What more and longer runs tell is in docs/england.md.

# %%
print(f"displacement: {reach.displacement}")
print(f"leakage: {reach.leakage}")

# %% [markdown]
# ## How effects are spread
# A row for each place and output; the effect is the mean over the pairs, here in percentage points. A place's own effect is
# mostly luck, and the ends of a ranking of 354 are luck above all: look at the whole. Places that do not adopt show what luck
# and neighbours do.

# %%
places = comparison.place_effects().query("indicator == 'severe_deprivation'")
spread = places.assign(points=100 * places["effect"]).groupby("adopts")["points"]
spread.describe(percentiles=[0.1, 0.5, 0.9]).round(2)

# %%
comparison.plot_spread()

# %% [markdown]
# Since a lot decided who adopts, places may stand in for replicates in one question: what does adoption do to a place on
# average? The mean over 177 places has a narrow interval although runs are few (Student's t over places, as if
# they were independent of each other).

# %%
adopters, others = (
    analysis.compare_paired(side["without"], side["with"], better="lower")
    for _, side in sorted(places.groupby("adopts"), reverse=True)
)
for name, effect in (("adopters", adopters), ("others", others)):
    print(f"{name}: {100 * effect.effect:+.2f} points ({100 * effect.low:+.2f} to {100 * effect.high:+.2f})")

# %% [markdown]
# ## The picture
# A tile stands for each place, laid out by county from memory; `plot_map(..., boundaries="districts.geojson")` takes shapes of
# your own. Brown is less severe deprivation (the share of residents in neighbourhoods beyond a fixed line), violet is more.

# %%
comparison.plot_map("severe_deprivation")

# %%
fell = spread.apply(lambda points: (points < 0).mean())
print(
    f"Severe deprivation is lower in {fell[True]:.0%} of the {adopters.n} framed tiles, which adopt, and in {fell[False]:.0%} of "
    f"the {others.n} others. In the mean over places adoption changes it by {100 * adopters.effect:+.2f} points "
    f"({100 * adopters.low:+.2f} to {100 * adopters.high:+.2f}), and by {100 * others.effect:+.2f} ({100 * others.low:+.2f} to "
    f"{100 * others.high:+.2f}) where others adopt. In brackets 95% intervals over places, after {scenario.months} months of a "
    f"programme that lasts 120; a single tile is mostly luck."
)
