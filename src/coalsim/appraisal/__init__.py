"""Appraisal in the manner of the Green Book: whether something is worth its money, who pays and who gains.

Usable alone on any table of yearly costs and benefits:

```python
from coalsim import appraisal

found = appraisal.Appraisal(costs=[100, 20, 20], benefits={"fares": [0, 60, 60], "time saved": [0, 30, 30]})
found.npsv, found.bcr, found.payback
```
"""

from coalsim.appraisal.additionality import COMPOSITE_MULTIPLIERS, EVALUATED, READY_RECKONER, additionality
from coalsim.appraisal.appraisal import BANDS, Appraisal, Estimate, pounds
from coalsim.appraisal.discounting import RATES, discount_factor, present_value
from coalsim.appraisal.flow import Flow
from coalsim.appraisal.optimism_bias import optimism_bias
from coalsim.appraisal.prices import deflators, financial_year, rebase
from coalsim.appraisal.unit_value import UnitValue, unit_value_table, unit_values
from coalsim.appraisal.weights import distributional_weight

__all__ = [
    "BANDS",
    "COMPOSITE_MULTIPLIERS",
    "EVALUATED",
    "RATES",
    "READY_RECKONER",
    "Appraisal",
    "Estimate",
    "Flow",
    "UnitValue",
    "additionality",
    "deflators",
    "discount_factor",
    "distributional_weight",
    "financial_year",
    "optimism_bias",
    "pounds",
    "present_value",
    "rebase",
    "unit_value_table",
    "unit_values",
]
