"""What every finding of an analysis has: a sentence that says it, for a terminal and for Jupyter."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod


class Told(ABC):
    """A finding that shows itself as a sentence."""

    @property
    @abstractmethod
    def sentence(self) -> str:
        """What was found, with its uncertainty, in plain words."""

    def __str__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>"
