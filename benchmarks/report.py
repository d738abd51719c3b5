"""What accounts cost a run, and what a report takes beside the runs it reports.

`uv run python benchmarks/report.py` compares four options over 200 pairs, reports them, prints small tables and asserts nothing;
it takes about ten minutes, with `--quick` (3 and 6 pairs, fewer months) half a minute. Times are ratios measured in one process,
but for the report's own seconds.
"""

import argparse
import tempfile
import time
from pathlib import Path

import coalsim
from coalsim.indicators.accounts import Accounts
from coalsim.reporting import Report

SCENARIO = Path(__file__).parents[1] / "scenarios" / "walsall_six_options.yaml"
OPTIONS = 4


def accounts(quick):
    """Recording yearly accounts against the months themselves."""
    print("1. Accounts beside the run that they are kept of (Walsall, growth coalition)")
    print(f"{'sample':>8}{'months':>8}{'ms a month':>12}{'accounts':>10}")
    for sample in (0.05, 0.2) if quick else (0.05, 0.2, 1.0):
        scenario = coalsim.load_scenario(SCENARIO, sample=sample, months=60)
        model, kept, stepped, recorded = coalsim.CoalitionModel(scenario, rng=1), Accounts(), 0.0, 0.0
        while model.running:
            began = time.perf_counter()
            model.step()
            then = time.perf_counter()
            kept.record(model)
            stepped, recorded = stepped + then - began, recorded + time.perf_counter() - then
        print(f"{sample:8}{60:8}{1000 * stepped / 60:12.2f}{recorded / stepped:10.1%}")


def reports(quick):
    """A report of four options against the runs it reports."""
    months = 60 if quick else 240
    print(f"\n2. A report with its tables: {OPTIONS} options, Walsall, {months} months, 2.2% of residents, one worker")
    print(f"{'pairs':>8}{'runs s':>9}{'report s':>10}{'of runs':>9}{'page MB':>9}{'tables MB':>11}")
    scenario = coalsim.load_scenario(SCENARIO, sample=0.022, months=months)
    scenario = scenario.model_copy(update={"options": dict(list(scenario.options.items())[:OPTIONS])})
    for pairs in (3, 6) if quick else (20, 200):
        with tempfile.TemporaryDirectory(prefix="coalsim-") as folder:
            began = time.perf_counter()
            coalsim.compare(scenario, replicates=pairs, workers=1, out=Path(folder) / "results")
            ran = time.perf_counter() - began
            began = time.perf_counter()
            written = Report.of(Path(folder) / "results").write(folder)
            took = time.perf_counter() - began
            page, tables = written[0].stat().st_size / 1e6, sum(path.stat().st_size for path in written[1:]) / 1e6
            print(f"{pairs:8}{ran:9.1f}{took:10.1f}{took / ran:9.1%}{page:9.2f}{tables:11.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="smaller numbers of pairs")
    is_quick = parser.parse_args().quick
    accounts(is_quick)
    reports(is_quick)
