"""Reports: what a comparison found, as one page that a minister's adviser would read, and as tables.

```python
from coalsim.reporting import Report

Report.of("results/walsall").write("results/walsall")
```
"""

from coalsim.reporting.report import Report

__all__ = ["Report"]
