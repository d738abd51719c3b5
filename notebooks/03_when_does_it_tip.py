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
# # When does it tip?
# You will look for a tipping point where the answer is known, see why a sharp rise alone is none, and then ask two questions of
# Walsall: does the share pooled tip the place, and does a reward tip the partnership? It takes about a minute on two
# cores. Three residents in a hundred and some 120 runs are few: this shows how, not what is true.

# %%
from pathlib import Path

import numpy as np

import coalsim
from coalsim import analysis

SCENARIOS = Path("../scenarios")

# %% [markdown]
# ## Where the answer is known
# A thousand partners decide again and again whether to pool. Each is drawn by a reward and follows the others with
# strength J (Brock and Durlauf 2001). With J = 1.5 there are two states: exactly, for many partners, membership jumps up at a
# reward of 0.2075 and comes back at -0.2075. With J = 0 each decides alone: half of them pool at 0, and nothing jumps.

# %%
PARTNERS, ROUNDS = 1000, 100


def settle(share, reward, following, rng):
    """Share of partners that pool after some rounds."""
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-2 * (reward + following * (2 * share - 1))))
        share = rng.binomial(PARTNERS, chance) / PARTNERS
    return share


# %% [markdown]
# `find_threshold` takes any function of a lever and a seed that returns true or false, and makes each run where it tells most. It
# answers with the lever at which the chance is one half, a 95% interval, and over how much of the lever it rises
# from 10 to 90%.

# %%
for following in (1.5, 0.0):

    def most_pool(reward, seed, following=following):
        """Whether most pool in the end, where none did at first."""
        return settle(0.0, reward, following, np.random.default_rng(seed)) > 0.5

    print(f"J = {following}:", analysis.find_threshold(most_pool, -0.5, 0.5, max_runs=60))

# %% [markdown]
# ## A sharp rise is no tipping point
# Both rise sharply, since many partners together leave little to chance. What tells them apart is memory: `hysteresis` raises the
# lever slowly and lowers it again at three rates, and says what remains of the loop at rate zero. Its p-value is the chance of
# so large a loop from lag and noise alone.

# %%
for following in (1.5, 0.0):

    def sweep(rewards, seed, following=following):
        """Membership as the reward moves on from value to value."""
        rng, share, course = np.random.default_rng(seed), 0.0, []
        for reward in rewards:
            share = settle(share, reward, following, rng)
            course.append(share)
        return course

    found = analysis.hysteresis(sweep, -0.5, 0.5, steps=20, replicates=4)
    print(f"J = {following}, {found.verdict}:", found)

# %% [markdown]
# ## Does the share pooled tip Walsall?
# A run of the model is such a function, too: the lever is any number of a policy, and `run.tipped` says in which month a place
# met the scenario's definition of success, if it did. *Never* holds for the range searched, these months and this definition.

# %%
scenario = coalsim.load_scenario(SCENARIOS / "walsall.yaml", sample=0.03)


def tips(share, seed):
    """Whether Walsall tips within 15 years, five of them after the programme."""
    run = coalsim.simulate(
        scenario, policy="growth_coalition", seed=seed, months=180, **{"policy.pooled_fund.share": share}
    )
    return run.tipped["Walsall"] is not None


place = analysis.find_threshold(tips, 0.0, 1.0, max_runs=16)
print(scenario.success)
print(f"{place.verdict}: {place}")

# %% [markdown]
# ## Does a reward tip the partnership?
# Here the question is whether half of Walsall's eight public bodies belong to the coalition for a year, as the reward grant is
# raised from nothing to a tenth of one year's budget. They follow each other closely and are reluctant: both parameters stand
# at the ends of their declared ranges, where two states are likeliest. `coalsim.find_tipping_point` searches and then tests
# what it finds, on all cores.

# %%
partnership = coalsim.find_tipping_point(
    scenario,
    "policy.reward_grant.share_of_budget",
    low=0.0,
    high=0.1,
    tips_when={"bounds": {"partners_in": {"at_least": 0.5}}, "months_running": 12},
    outputs=["partners_in"],
    months=72,
    runs=48,
    tolerance=0.1,
    sizes=[0.025, 0.03, 0.035],
    size_replicates=8,
    hysteresis={"steps": 8, "months": 12, "replicates": 5},
    seed=1,
    **{"world.partnership.peer": 1.6, "world.partnership.reluctance": 0.3},
)
print(partnership.threshold)

# %% [markdown]
# A threshold is where the chance passes one half. A tipping point must show two things more: that the place remembers where it
# came from, and that two states stay apart as it grows. `print(partnership)` tells all of it, with one run month by month.

# %%
for question, answer in partnership.study.tests.items():
    print(question, answer)
print(partnership.study.hysteresis["partners_in"])

# %% [markdown]
# The reward raised slowly, then lowered slowly. The faster a sweep, the wider its loop, whether there are two states or not: look
# whether the ways up and down draw together as sweeps slow.

# %%
partnership.figures()["hysteresis"]

# %% [markdown]
# ## The picture
# Each mark is a run, the line the chance that the partnership forms.

# %%
partnership.plot()

# %%
meaning = {
    "threshold": "this is a tipping point",
    "smooth": "more reward brings more partners, and that is all",
    "never": "no reward of this range brings them in",
    "always": "they come in without a reward",
    "not_monotone": "more reward may bring fewer",
    "undetermined": "so few runs do not tell whether it is a tipping point or a smooth rise",
}
runs = partnership.threshold.outcomes.size
print(
    f"{runs} runs, at the top where the partnership forms, and the curve fitted to them with its 95% band. "
    f"{partnership.threshold} The verdict is {partnership.verdict}: {meaning[partnership.verdict]}. Of the place itself the "
    f"verdict was {place.verdict}: {int(place.outcomes.sum())} of {place.outcomes.size} runs tipped over all shares pooled. "
    "Longer searches of both are in docs/findings.md."
)
