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
# Slough is rich in jobs and poor at letting its residents hold them. Does it help when its public services pool money
# and plan together? Ten cells: run, look, compare two options.

# %%
from pathlib import Path

import coalsim

SCENARIOS = next(
    folder / "scenarios" for folder in [Path.cwd(), *Path.cwd().parents] if (folder / "scenarios").is_dir()
)

# %% [markdown]
# A scenario joins a place, a world and the options compared. Every figure in it carries its unit, year, status and source.

# %%
scenario = coalsim.load_scenario(SCENARIOS / "slough.yaml", sample=0.25)
jobs = scenario.places[0].economy.jobs
print(f"{jobs.value:,.0f} {jobs.unit}, {jobs.year}, {jobs.status}: {jobs.source}")

# %% [markdown]
# One run of one option. The same seed meets the same luck under every option.

# %%
run = coalsim.simulate(scenario, policy="growth_coalition", seed=1)
run

# %%
run.plot(("employment_rate", "in_commuting", "place_quality", "pooled_share"))

# %% [markdown]
# Who joined, what was planned, reviewed and rewarded.

# %%
run.events.query("kind != 'evidence'").head(12)

# %% [markdown]
# Agents are Mesa agents, also where a million of them are kept as columns.

# %%
residents = run.model.agents_by_type[coalsim.Resident]
ill_and_out_of_work = residents.select((residents["is_ill"]) & (residents["status"] != 2))
print(f"{len(ill_and_out_of_work):,} of {len(residents):,} simulated residents are ill and out of work; one of them:")
ill_and_out_of_work[0]

# %% [markdown]
# Every month of money sums to zero.

# %%
ledger = run.ledger
assert (ledger.groupby("month")["pence"].sum() == 0).all()
(ledger[ledger["pence"] > 0].groupby("kind")["pence"].sum() / 100).round().astype(int).rename(
    "GBP over the run"
).to_frame()

# %% [markdown]
# Two options, a few replicates on the same luck: the paired difference and its interval.

# %%
comparison = coalsim.compare(scenario, replicates=4, workers=1)
comparison

# %%
comparison.plot()

# %%
print(comparison)
