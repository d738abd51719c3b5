"""Other studies in a report: where a tipping point lies, which uncertain factors matter, under which conditions it happens."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalsim.experiments.manifest import read_manifest
from coalsim.experiments.record import hash_of_file
from coalsim.reporting.drawing import embedded
from coalsim.reporting.section import Picture, Section
from coalsim.text import label

TITLES = {
    "tipping": "When does it tip",
    "sensitivity": "What matters",
    "discover": "Under which conditions",
    "calibrate": "How it was fitted",
}


@dataclass(frozen=True)
class Study:
    """The folder of a finished study, as it wrote it down."""

    folder: Path
    kind: str
    summary: dict[str, Any]
    words: str
    pictures: dict[str, bytes]
    fingerprint: str

    @classmethod
    def of(cls, folder: Path) -> Study:
        """The study of a folder.

        Raises
        ------
        ValueError
            When it holds none, or one that is not finished.
        """
        kind = str(read_manifest(folder)["kind"])
        if kind not in TITLES:
            raise ValueError(
                f"{folder}: it holds results of {kind}; name the comparison first and folders of {', '.join(TITLES)} after it"
            )
        try:
            summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
            words = (folder / "findings.txt").read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise ValueError(
                f"{folder}: the study is not finished or damaged ({error}); run its command again"
            ) from None
        drawn = {path.stem: path.read_bytes() for path in sorted((folder / "figures").glob("*.png"))}
        return cls(folder, kind, summary, words, drawn, hash_of_file(folder / "summary.json"))

    def section(self, k: int) -> Section:
        """What it found, in its own words, with its pictures."""
        name = str(self.summary.get("name") or self.folder.name)
        says = [f"{name}. A study of its own, beside the comparison; its scenario and options may differ."]
        if self.summary.get("quick"):
            says.append("It was run with --quick: it shows that it works, not what is true.")
        if "verdict" in self.summary:
            says.append(f"Verdict: {label(str(self.summary['verdict']))}.")
        if isinstance(self.summary.get("sentence"), str):
            says.append(self.summary["sentence"])
        drawn: list[Picture] = [
            embedded(
                png,
                f"{TITLES[self.kind]}, {label(what)}: {name}. What it shows stands in words below.",
                label(what).capitalize(),
            )
            for what, png in self.pictures.items()
        ]
        return Section(f"study-{k}", TITLES[self.kind], says, parts=drawn, quoted=self.words)


def missing() -> Section:
    """What a report without a study of tipping says."""
    return Section(
        "tipping",
        "When does it tip",
        [
            "No study of a tipping point was given. Whether a run of this comparison tips stands in the answer; where the "
            "threshold lies, whether it is one, and why, is found by coalsim tipping; give its folder after the comparison's."
        ],
    )
