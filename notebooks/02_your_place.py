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
# # Compare options for your place
# You will describe a place of your own by copying one and changing its figures, compare four options there, ask what they are
# worth and who pays, and write a report. It takes about half a minute on two cores. One resident in four and eight runs of each
# option are few, and the place is invented: this shows how, not what is true.

# %%
import shutil
import tempfile
from pathlib import Path

import pandas as pd

import coalsim
from coalsim.reporting import Report

# %% [markdown]
# Files go into a copy of the scenario folder that is removed at the end. For your own work write beside
# `scenarios/places/walsall.yaml` instead, and keep what you write.

# %%
scratch = tempfile.TemporaryDirectory()
SCENARIOS = Path(shutil.copytree("../scenarios", Path(scratch.name) / "scenarios"))

# %% [markdown]
# ## Which figures there are
# A place is some thirty figures. Each says where it comes from: `verified` in a source, `computed` or `derived` from one,
# `recall_unverified` from memory, or `assumption`. Those of Walsall:

# %%
walsall = coalsim.load_scenario(SCENARIOS / "walsall.yaml").places[0]
figures = [
    (part, name, figure.value, figure.unit, figure.year, figure.status)
    for part in ("residents", "economy", "governance")
    for name, figure in getattr(walsall, part)
    if hasattr(figure, "status")
]
pd.DataFrame(figures, columns=["part", "figure", "value", "unit", "year", "status"])

# %% [markdown]
# ## Your place
# Northbridge is like Walsall but smaller, with more people in work and fewer without qualifications. The file extends
# Walsall's and names only what differs. A figure must lie in its range, so an inherited range is removed (`null`) or replaced.
# The code must be the place's own, since luck is keyed by it, and the small corrections fitted for Walsall are not Northbridge's.

# %%
(SCENARIOS / "places" / "northbridge.yaml").write_text("""
extends: walsall.yaml
name: Northbridge
code: "99NB"
neighbourhoods: 80
residents:
  population: {value: 120000, status: assumption, source: an example}
  employment_rate: {value: 0.70, low: null, high: null, status: assumption, source: an example, note: null}
  no_qualifications: {value: 0.18, low: null, high: null, status: assumption, source: an example, note: null}
economy:
  jobs: {value: 50000, low: null, high: null, status: assumption, source: an example}
governance:
  net_budget: {value: 92000000, low: null, high: null, status: assumption, source: an example, note: null}
calibration: null
""")
(SCENARIOS / "northbridge.yaml").write_text("""
extends: walsall.yaml
name: Northbridge
question: Is it the money, or is it joining up?
place: places/northbridge.yaml
months: 180
options:
  - policies/business_as_usual.yaml
  - policies/extra_money.yaml
  - policies/single_pot_laa.yaml
  - policies/growth_coalition.yaml
sample: 0.25
""")
scenario = coalsim.load_scenario(SCENARIOS / "northbridge.yaml")
print(f"{scenario.name}: {scenario.places[0].adults:,} residents aged 16-64; {', '.join(scenario.options)}")

# %% [markdown]
# A mistake is told with the line that holds it and what would be right. `coalsim check FILE` does the same from a shell.

# %%
wrong = SCENARIOS / "places" / "wrong.yaml"
wrong.write_text('extends: northbridge.yaml\ncode: "99NC"\nresidents:\n  employment_rate: {value: 70}\n')
(SCENARIOS / "wrong.yaml").write_text("extends: northbridge.yaml\nplace: places/wrong.yaml\n")
try:
    coalsim.load_scenario(SCENARIOS / "wrong.yaml")
except coalsim.ScenarioError as error:
    print(str(error).replace(scratch.name, "..."))

# %% [markdown]
# ## Compare
# Each option runs with the same eight seeds, so that differences are taken between runs that meet the same luck. Programmes
# end after ten of the fifteen years. `extra_money` is the rival explanation: about as much money per head, and no joining up.

# %%
results = Path(scratch.name) / "results"
comparison = coalsim.compare(scenario, replicates=8, out=results)
comparison.table().query("indicator == 'employment_rate'").drop(columns=["indicator", "unit"]).round(4)

# %% [markdown]
# *Effect* is the mean difference from business as usual in the last year, *low* and *high* its 95% interval, *p_better* the
# chance that it is for the better, *detectable* the smallest true difference that eight pairs find in four of five experiments.
#
# Does business as usual stand still? No correction was fitted for Northbridge, so its level may drift. Differences between
# options suffer less from that than levels do; before you quote levels, calibrate (docs/howto/calibrate.md).

# %%
course = comparison.courses("business_as_usual", "employment_rate")
drift = comparison.mean("business_as_usual", "employment_rate") - course[:, 0].mean()
print(f"business as usual drifts by {100 * drift:+.2f} points of employment in {scenario.months // 12} years")

# %% [markdown]
# ## Is it worth its money?
# The Green Book's sum: all costs and benefits by year, discounted at 3.5%, in prices of the first year. The first intervals
# are luck in the pairs; the last adds the ranges of unit values, such as that of a year in full health. docs/appraisal.md says
# what is counted, and why savings are probably too large.

# %%
for option in comparison.options[1:]:
    print(f"{option}: {comparison.worth(option)}\n")

# %% [markdown]
# The lines of the growth coalition's sum in GBP million of present value; costs are negative.

# %%
worth = comparison.worth("growth_coalition")
money = ["present_value", "low", "high"]
lines = worth.economic.table()
lines[["side", "line"]].join((lines[money] / 1e6).round(2))

# %% [markdown]
# Who pays in and who gains, as each public body sees it, in GBP million: what it pays into the pot, what the pot spends on its
# field, and `net`, what it has more at its disposal. A body that pays in, has less and no better field is named: it
# has reason to leave.

# %%
money = ["pays_in", "from_pot", "net", "net_low", "net_high"]
worth.partners[["body", "case"]].join((worth.partners[money] / 1e6).round(1))

# %% [markdown]
# ## A report
# One page that needs nothing but itself, and every number in it as a table. Here it goes where the results are, and with them;
# `coalsim report RESULTS` does the same from a shell.

# %%
written = Report.of(results).write(results)
print(f"{len(written)} files, among them")
for path in written[:4]:
    print(f"  {path.relative_to(results)}, {path.stat().st_size / 1000:,.0f} kB")

# %% [markdown]
# ## The picture
# Every pair of runs as a dot, with the mean and its 95% interval.

# %%
comparison.plot_pairs()

# %%
told = []
for option in comparison.options[1:]:
    found = comparison.effect(option, "employment_rate")
    low, high = 100 * found.low, 100 * found.high
    clear = "luck alone may do that" if low <= 0 <= high else "more than luck alone does"
    told.append(
        f"{scenario.options[option].name} {100 * found.effect:+.2f} points ({low:+.2f} to {high:+.2f}: {clear})"
    )
value = worth.economic.npsv_estimate
print(
    f"The left panel: in the last year, when the programmes have been over for five, {comparison.replicates} pairs of runs "
    f"give for Northbridge's employment rate {'; '.join(told)}. The growth coalition's sum is GBP {value.value / 1e6:,.0f}m "
    f"(GBP {value.low / 1e6:,.0f}m to GBP {value.high / 1e6:,.0f}m). In brackets 95% intervals, which show luck within the "
    "model only."
)
scratch.cleanup()
