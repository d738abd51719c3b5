"""Holding the model against what is known of English places: patterns, a hindcast, and a page that reports both."""

from coalsim.experiments.validation import districts, neighbourhoods, places, programmes
from coalsim.experiments.validation.pattern import Pattern, patterns

__all__ = ["Pattern", "districts", "neighbourhoods", "patterns", "places", "programmes"]
