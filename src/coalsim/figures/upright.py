"""A value on the horizontal axis that is known within an interval: a line with a shaded stretch, and a sign at its top."""

import math

from matplotlib.axes import Axes

type Estimate = float | tuple[float, float, float]  # a value, or value, low and high


def upright(axis: Axes, estimate: Estimate | None, colour: str, *, style: str = "--", marker: str = "") -> None:
    """Draw it over the axis as wide as it is now; nothing where there is no value, no shade where there is no interval."""
    value, low, high = estimate if isinstance(estimate, tuple) else (estimate, math.nan, math.nan)
    if value is None or not math.isfinite(value):
        return
    left, right = axis.get_xlim()
    if not (math.isnan(low) or math.isnan(high)):
        axis.axvspan(max(low, left), min(high, right), color=colour, alpha=0.2, linewidth=0)
    axis.axvline(value, color=colour, linestyle=style, linewidth=1.4)
    if marker:
        axis.plot([value], [1], marker, transform=axis.get_xaxis_transform(), color=colour, markersize=6, clip_on=False)
    axis.set_xlim(left, right)
