"""The end of a report: assumptions, limits, and how to make it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from coalsim.reporting.section import Section, Table

if TYPE_CHECKING:
    from coalsim.experiments.comparison import Comparison
    from coalsim.reporting.studies import Study

LIMITS = (
    "It compares policies; it does not forecast. Levels of a year are where they started, moved by luck and policy.",
    "Taxes, house prices, inflation and households are not simulated; taxes in the appraisal are worked out beside the model.",
    "A pound of support buys what the policy file says it buys: the price of leadership and engagement is an input.",
    "Rewards and retained growth are paid for what happens, luck included; what would have been paid anyway is taken out by the "
    "counterfactual, deadweight within the rules of a reward is not.",
    "What falls in demand-led spending saves average cost at once; in life fewer cases save less at first.",
    "People move: part of a gain in a place is other people, not better lives; where they came from counts only in a nation.",
    "Health is priced by a loss of quality of life that was recalled, not verified; see the switching values.",
    "Five assumptions to doubt first: need is judged from present money; place quality creates jobs; the scale of conditions and "
    "the returns to money; joining at the edge of two states; evidence that finds the best use of the pot.",
)


def limits() -> Section:
    """Assumptions and limits."""
    says = [
        "What the model takes for granted, with sources and how sure each is, stands in docs/assumptions.md; how well it fits "
        "what is known of English places in docs/validation.md, failures included. In short:"
    ]
    return Section("limits", "Assumptions and limits", says, LIMITS)


def reproduce(comparison: Comparison, studies: list[Study]) -> Section:
    """Commands and hashes."""
    manifest, folder = comparison.ensemble.manifest, comparison.ensemble.folder
    counts = comparison.ensemble.counts
    facts = [
        ("Results", comparison.ensemble.name),
        ("Fingerprint of all runs", comparison.fingerprint),
        ("Hash of what was run", manifest["experiment_hash"]),
        ("Runs", f"{counts.done} done, {counts.failed} failed, of {counts.requested}"),
        ("Seeds", f"{manifest['seed']} to {manifest['seed'] + manifest['replicates'] - 1}"),
        ("coalsim", f"{manifest['version']}, model version {manifest['model_version']}"),
        ("Code", f"{manifest['commit'] or 'unknown'}{', with changes not committed' if manifest['dirty'] else ''}"),
        (
            "Python and packages",
            f"{manifest['python']}; {', '.join(f'{k} {v}' for k, v in manifest['packages'].items())}",
        ),
        ("Machine", ", ".join(str(value) for value in manifest["machine"].values())),
        ("Run", f"{manifest['started']} to {manifest.get('ended', 'not ended')}, {manifest['state']}"),
        *((f"Study {one.folder.name}: hash of its summary", one.fingerprint) for one in studies),
    ]
    table = Table(
        "provenance", "Where every number comes from", ["What", "Value"], [list(map(str, fact)) for fact in facts],
        pd.DataFrame(facts, columns=["what", "value"]),
    )  # fmt: skip
    says = [
        "The folder of results holds the resolved scenario, every setting and seed. The first command checks its files and "
        "repeats a sample of runs to the last bit, the second makes this report and its tables again."
    ]
    name, others = shell(folder), [shell(one.folder) for one in studies]
    return Section(
        "reproduce", "How to make this again", says, parts=[table],
        code=[f"coalsim verify {name}", " ".join(["coalsim report", name, *others])],
    )  # fmt: skip


def shell(folder: Path) -> str:
    """A folder's name as it would be typed, without where it lies."""
    import shlex

    return shlex.quote(folder.resolve().name)
