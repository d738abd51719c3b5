"""A report: one page that needs nothing but itself, and every number in it as a table."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from coalsim import __version__
from coalsim.atomic import atomic, write_text
from coalsim.experiments.compare import APPRAISED
from coalsim.experiments.comparison import Comparison, open_comparison
from coalsim.experiments.store import FULL, StorageError
from coalsim.experiments.worth.cases import NOT_MONETISED
from coalsim.reporting import effects, method, opening, studies, value, words
from coalsim.reporting.drawing import drawing
from coalsim.reporting.export import write_tables
from coalsim.reporting.pdf import write_pdf
from coalsim.reporting.section import Light, Section, Table
from coalsim.reporting.studies import Study

PAGE, PRINTED, TABLES = "report.html", "report.pdf", "tables"


@dataclass(frozen=True)
class Report:
    """What a comparison found, with the studies that go with it."""

    comparison: Comparison
    studies: Sequence[Study] = ()

    @classmethod
    def of(cls, results: str | Path, *others: str | Path) -> Report:
        """The report of a folder of `coalsim compare`, with folders of `tipping`, `sensitivity` or `discover`.

        Raises
        ------
        ValueError
            When a folder does not hold what is needed, in words that say what would.
        """
        comparison = open_comparison(results)
        return cls(comparison, [Study.of(Path(one)) for one in others])

    @cached_property
    def sections(self) -> list[Section]:
        """The sections in their order."""
        c = self.comparison
        c.ensemble.read(
            [*effects.CHAIN, *(name for name, _ in NOT_MONETISED), *APPRAISED]
        )  # in one pass through the parts
        tipping = [one.section(k) for k, one in enumerate(self.studies) if one.kind == "tipping"] or [studies.missing()]
        others = [one.section(k) for k, one in enumerate(self.studies) if one.kind != "tipping"]
        with drawing():
            found = [
                opening.question(c),
                opening.answer(c),
                effects.lights(c),
                effects.effects(c),
                *tipping,
                effects.drivers(c),
                *others,
                *value.sections(c),
                effects.groups(c),
                effects.robustness(c),
                method.limits(),
                method.reproduce(c, list(self.studies)),
            ]
        return [section for section in found if section is not None]

    @property
    def tables(self) -> list[Table]:
        """Every table, in the order of the page."""
        return [part for section in self.sections for part in section.parts if isinstance(part, Table)]

    @property
    def html(self) -> str:
        """The page."""
        return page(self.sections, title=self.comparison.scenario.name, provenance=self.comparison.provenance)

    def write(
        self, folder: str | Path, *, page: str | Path | None = None, pdf: bool = False, tables: bool = True
    ) -> list[Path]:
        """Write page, tables and, where asked for, the printed page; returns the files.

        Parameters
        ----------
        folder : where `report.html`, `report.pdf` and `tables` go, such as the results folder
        page : another file for the page; the printed page then lies beside it

        Raises
        ------
        ValueError
            When there is no browser to print with, or nothing can be written there.
        StorageError, OSError
            When the disk is full, or the browser does not print; files are there whole or not at all.
        """
        target = Path(folder) / PAGE if page is None else Path(page)
        folders = [target.parent, *([Path(folder) / TABLES] if tables else [])]
        for one in folders:
            _check_writable(one)
        try:
            write_text(target, self.html)
            written = [target]
            if pdf:
                printed = target.with_suffix(".pdf")
                with atomic(printed) as temporary:
                    write_pdf(target, temporary)
                written.append(printed)
            return written + (write_tables(folders[-1], self.tables) if tables else [])
        except OSError as error:
            if error.errno not in FULL:
                raise
            text = f"disk full; free about {2 + len(self.html) // 500_000} MB and run the same command again"
            raise StorageError(error.errno, text, str(folder)) from None


def _check_writable(folder: Path) -> None:
    """Refuse, before anything is worked out, a folder in which nothing can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        if error.errno not in FULL:
            raise ValueError(
                f"{folder}: nothing can be written there ({error.strerror}); name another file with --page, and leave out tables "
                "with --no-tables"
            ) from None


def page(sections: Sequence[Section], *, title: str, provenance: str, is_bare: bool = False) -> str:
    """Sections as HTML that needs nothing but itself; bare: without opening, contents and foot, to stand inside another page."""
    here = files("coalsim.reporting")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.tests |= {
        "table": lambda part: isinstance(part, Table),
        "light": lambda cell: isinstance(cell, Light),
    }
    environment.filters["shown"] = words.shown
    template = environment.from_string((here / "report.html.jinja").read_text(encoding="utf-8"))
    context: dict[str, Any] = {
        "title": title,
        "sections": sections,
        "style": (here / "report.css").read_text(encoding="utf-8"),
        "provenance": provenance,
        "version": __version__,
        "is_bare": is_bare,
    }
    return template.render(context)
