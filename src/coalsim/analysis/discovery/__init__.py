"""Scenario discovery: boxes, how they are peeled, a tree's rules beside them, and the search that tests them."""

from coalsim.analysis.discovery.box import Box, Limit
from coalsim.analysis.discovery.search import Discovery, discover

__all__ = ["Box", "Discovery", "Limit", "discover"]
