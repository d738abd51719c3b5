"""Other studies in a report: where a tipping point lies, which uncertain factors matter, under which conditions it happens."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coalsim.experiments.manifest import read_manifest, written
from coalsim.experiments.parts import DamagedError
from coalsim.reporting.drawing import embedded
from coalsim.reporting.section import Picture, Section
from coalsim.text import label

SUMMARY, WORDS = "summary.json", "findings.txt"
TITLES = {
    "tipping": "When does it tip",
    "sensitivity": "What matters",
    "discover": "Under which conditions",
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
        DamagedError
            When a file is not what was written.
        """
        manifest = read_manifest(folder)
        kind, files = str(manifest["kind"]), manifest.get("files", {})
        if kind not in TITLES:
            raise ValueError(
                f"{folder}: it holds results of {kind}; name the comparison first and folders of {', '.join(TITLES)} after it"
            )
        if manifest["state"] != "done" or not {SUMMARY, WORDS} <= set(files):
            raise ValueError(f"{folder}: the study is not finished; run its command again with the same --out")
        told, said = (written(folder, manifest, name) for name in (SUMMARY, WORDS))
        try:
            summary, words = dict(json.loads(told.read_text(encoding="utf-8"))), said.read_text(encoding="utf-8")
        except (ValueError, TypeError):
            raise DamagedError(f"{folder}: {SUMMARY} or {WORDS} is none; run its command again") from None
        figures = [written(folder, manifest, name) for name in sorted(files) if name.endswith(".png")]
        drawn = {path.stem: path.read_bytes() for path in figures}
        return cls(folder, kind, summary, words, drawn, files[SUMMARY])

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
