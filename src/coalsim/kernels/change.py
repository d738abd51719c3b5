"""What changes in places and neighbourhoods by itself: persistent luck of their own."""

from coalsim.kernels.compiling import compile
from coalsim.kernels.maths import exp
from coalsim.kernels.random import draw, normal_word, threshold


def wander(place, month, stream, k0, k1, state, persistence, innovation):
    """Move each of `state` (n,) on by a month: persistence times itself, plus normal noise of sd `innovation`.

    Draws are keyed by the position in `state`, the month, the stream and the place.
    """
    for i in range(state.size):
        w0, w1, w2, w3 = draw(i, month, stream, place, k0, k1)
        state[i] = persistence * state[i] + innovation * normal_word(w0, w1, w2, w3)


def multiples(state, slopes, variance, out):
    """Fill `out` (n, m) with exp(slope times state), for states (n,) and slopes (m,), divided by its mean.

    The mean is that of normal states with mean 0 and the given variance, so that luck as such raises no rate.
    """
    for i in range(state.size):
        for k in range(slopes.size):
            out[i, k] = exp(slopes[k] * state[i] - 0.5 * slopes[k] * slopes[k] * variance)


def follow(times, job_loss, separating, leaving, searching, falling_ill, newcomer_level, status,
           now_separating, now_searching, now_falling_ill, now_newcomer_level, leave_work, newcomer_status):  # fmt: skip
    """What residents' rates are when they are `times` (n, 4) the starting ones: of losing work, not searching, falling ill and
    a newcomer's next level; `job_loss` comes on top of losing work.

    Parameters
    ----------
    separating, leaving, searching : (n, 5, 2) float64, starting rates a month by level and illness; falling_ill : (n, 5)
    newcomer_level : (n, 5) float64, shares; status : (n, 5, 2, 3), inactive, unemployed and employed shares
    now_separating, now_searching, now_falling_ill, now_newcomer_level : as the starting ones, filled
    leave_work : (n, 5, 2, 2) int64, filled: cumulative thresholds of losing work and of leaving it
    newcomer_status : (n, 5, 2, 2) int64, filled: thresholds of a newcomer being inactive, inactive or unemployed
    """
    for n in range(times.shape[0]):
        losing, resting, sickening, rising = times[n, 0], times[n, 1], times[n, 2], times[n, 3]
        higher = 1.0
        for level in range(5):
            now_falling_ill[n, level] = falling_ill[n, level] * sickening
            now_newcomer_level[n, level] = newcomer_level[n, level] * higher
            higher = higher * rising
            for ill in range(2):
                lost = min(separating[n, level, ill] * losing + job_loss, 0.5)
                now_separating[n, level, ill] = lost
                now_searching[n, level, ill] = searching[n, level, ill] / resting
                leave_work[n, level, ill, 0] = threshold(lost)
                leave_work[n, level, ill, 1] = threshold(lost + leaving[n, level, ill])
                inactive = status[n, level, ill, 0] * resting
                out_of_work = inactive + status[n, level, ill, 1] * losing
                everybody = out_of_work + status[n, level, ill, 2]
                newcomer_status[n, level, ill, 0] = threshold(inactive / everybody)
                newcomer_status[n, level, ill, 1] = threshold(out_of_work / everybody)


wander = compile(wander)
multiples = compile(multiples)
follow = compile(follow)
