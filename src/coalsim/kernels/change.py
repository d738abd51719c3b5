"""What changes in places and neighbourhoods by itself: persistent luck of their own."""

from coalsim.kernels.compiling import compile
from coalsim.kernels.maths import exp
from coalsim.kernels.random import draw, normal_word


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


wander = compile(wander)
multiples = compile(multiples)
