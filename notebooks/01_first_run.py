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
# # First run: a growth coalition in Slough
# You will run one option, look at what a run keeps, and compare three options on the same luck. It takes about half a minute
# on two cores. One resident in four and four runs of each option are few: this shows how, not what is true.

# %%
from pathlib import Path

import coalsim

SCENARIOS = Path("../scenarios")

# %% [markdown]
# ## A scenario
# Slough is rich in jobs and poor at letting its residents hold them. Does it help when its public services pool money and
# plan together? A scenario joins a place, a world and the options compared. Every figure of a place carries its unit, year,
# status and source; `recall_unverified` means from memory, to be checked.

# %%
scenario = coalsim.load_scenario(SCENARIOS / "slough.yaml", sample=0.25)
jobs = scenario.places[0].economy.jobs
print(f"{jobs.value:,.0f} {jobs.unit}, {jobs.year}, {jobs.status}: {jobs.source}")
print(f"{scenario.months} months; options: {', '.join(scenario.options)}")

# %% [markdown]
# ## One run
# A run is one option under one seed. The seed decides all luck, and the same seed meets the same luck under every option.

# %%
run = coalsim.simulate(scenario, policy="growth_coalition", seed=1)
run

# %% [markdown]
# Shares have the unit 1: 0.7 is 70%. The dotted line is the month in which the programme's last money is paid; what
# stays after it is what lasts.

# %%
run.plot(("employment_rate", "in_commuting", "place_quality", "pooled_share"))

# %% [markdown]
# Who joined, what was planned, reviewed and rewarded.

# %%
events = run.events.query("kind != 'evidence'")[["month", "kind", "text"]]
print(events.head(12).to_string(index=False))

# %% [markdown]
# Agents are Mesa agents, also where a million of them are kept as columns. Status 2 is employed (0 inactive, 1 unemployed).

# %%
residents = run.model.agents_by_type[coalsim.Resident]
ill_and_out_of_work = residents.select((residents["is_ill"]) & (residents["status"] != 2))
print(f"{len(ill_and_out_of_work):,} of {len(residents):,} simulated residents are ill and out of work; one of them:")
ill_and_out_of_work[0]

# %% [markdown]
# Money is kept in whole pence, and every month of it sums to zero: what one body pays another receives.

# %%
ledger = run.ledger
assert (ledger.groupby("month")["pence"].sum() == 0).all()
(ledger[ledger["pence"] > 0].groupby("kind")["pence"].sum() / 100).round().astype(int).rename(
    "GBP over the run"
).to_frame()

# %% [markdown]
# ## Three options on the same luck
# One run says little: luck alone moves a place's employment by some points in twenty years. So each option runs with the same
# four seeds, and differences are taken pair by pair. The first option, business as usual, is the counterfactual. An output
# is an indicator's mean over the last year; `print(comparison)` says more, such as who gains and what it costs.

# %%
comparison = coalsim.compare(scenario, replicates=4, outputs=("employment_rate", "severe_deprivation", "in_commuting"))
comparison

# %% [markdown]
# The numbers behind one row of it. *Effect* is the mean difference over the pairs, *low* and *high* its 95% interval (Student's
# t). *Detectable* is the smallest true difference that so many pairs find in four of five experiments: where it is larger than
# the effect, run more pairs before you say that there is none.

# %%
effect = comparison.effect("growth_coalition", "employment_rate")
print(f"effect {100 * effect.effect:+.2f} points, {100 * effect.low:+.2f} to {100 * effect.high:+.2f}")
print(f"chance that it is for the better {effect.p_better:.2f}; in {effect.p_pair_better:.0%} of pairs it was")
print(f"detectable with {effect.n} pairs: {100 * effect.detectable:.2f} points")
print(f"pairs for an interval of 0.05 points either side: {effect.runs_for(0.0005)}")

# %% [markdown]
# ## The picture
# Differences from business as usual over the months.

# %%
comparison.plot()


# %%
def in_words(option, output):
    """An effect in points with its interval, and whether luck may have done it."""
    found = comparison.effect(option, output)
    low, high = 100 * found.low, 100 * found.high
    luck = "luck alone may do that" if low <= 0 <= high else "more than luck alone does"
    return f"{100 * found.effect:+.2f} points ({low:+.2f} to {high:+.2f}: {luck})"


print(
    f"Lines are means of {comparison.replicates} pairs, bands run from their 5th to their 95th percentile. In the last of "
    f"{scenario.months // 12} years, long after the programme's money has ended, the growth coalition changes Slough's "
    f"employment rate by {in_words('growth_coalition', 'employment_rate')}, severe deprivation by "
    f"{in_words('growth_coalition', 'severe_deprivation')} and the share of jobs held by commuters by "
    f"{in_words('growth_coalition', 'in_commuting')}. In brackets 95% intervals: they show luck within the model, not what is "
    "uncertain about the model itself."
)
