"""What every finding of an analysis has: a sentence that says it, for a terminal and for Jupyter."""

from __future__ import annotations

import html


class Told:
    """A finding that shows itself as a sentence."""

    @property
    def sentence(self) -> str:
        """What was found, with its uncertainty, in plain words."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it found")

    def __str__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>"
