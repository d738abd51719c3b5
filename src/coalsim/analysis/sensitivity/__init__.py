"""Sensitivity analysis: factors, designs, one family of methods to a file, and the search that runs them."""

from coalsim.analysis.sensitivity import fast, given_data, morris, sobol, surrogate
from coalsim.analysis.sensitivity.explore import Exploration, explore
from coalsim.analysis.sensitivity.finding import Sensitivity, SensitivityTable
from coalsim.analysis.sensitivity.search import ConstantError, sensitivity

__all__ = ["ConstantError", "Exploration", "Sensitivity", "SensitivityTable", "explore", "sensitivity"]

_FAMILIES = (sobol, morris, fast, given_data, surrogate)  # each puts its methods into the list when it is imported
