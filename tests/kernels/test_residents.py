"""A month of residents, told again one by one from the same draws and thresholds."""

import numpy as np
import pytest

from coalsim.kernels.random import draw, key
from coalsim.kernels.residents import FLOWS, count, duration_band, engage, live, sum_up
from coalsim.kernels.streams import RESIDENT_ENGAGE, RESIDENT_LIFE, RESIDENT_NEWCOMER

KEY, PLACE, MONTH = key(21), 4, 7
INACTIVE, UNEMPLOYED, EMPLOYED, OUTSIDE, NONE = 0, 1, 2, -2, -1
CERTAIN = 2**32
BOUNDS = np.array([0, 350, 351, 803])  # one of three neighbourhoods has a single home
LINES = ("higher", "other", "away", "at_risk")


def cumulative(rng, shape, *most):
    """Random thresholds along a last axis, each above the one before by up to so much."""
    return np.cumsum([rng.uniform(0, part, shape) for part in most], axis=0).transpose(*range(1, len(shape) + 1), 0)


def words(share):
    return np.rint(np.asarray(share) * 2.0**32).astype(np.int64)


def town(seed, first_slot=30):
    """Columns of residents, businesses, and what may happen, all likely enough for each to happen often."""
    rng = np.random.default_rng(seed)
    n, homes, slots = BOUNDS.size - 1, BOUNDS[-1], 12
    status = rng.integers(0, 3, homes)
    employer = np.where(
        status == EMPLOYED,
        np.where(rng.uniform(size=homes) < 0.6, first_slot + rng.integers(0, slots, homes), OUTSIDE),
        NONE,
    )
    residents = {
        "qualification": rng.integers(0, 5, homes),
        "status": status,
        "is_ill": rng.uniform(size=homes) < 0.3,
        "months_out": np.where(rng.uniform(size=homes) < 0.05, 32767, rng.integers(0, 40, homes)).astype(np.int16),
        "employer": employer,
        "occupant": rng.integers(1, 5, homes),
        "is_engaged": rng.uniform(size=homes) < 0.4,
    }
    layoff = words(rng.uniform(0, 0.3, slots))
    layoff[:4] = 0, 0, CERTAIN, CERTAIN
    chances = {
        "find": words(cumulative(rng, (n, 5, 2, 4), 0.25, 0.25, 0.2, 0.2)),
        "leave_work": words(cumulative(rng, (n, 5, 2), 0.15, 0.15)),
        "begin": words(rng.uniform(0, 0.5, (n, 5, 2))),
        "fall_ill": words(rng.uniform(0, 0.3, (n, 5))),
        "recover": int(words(0.3)),
        "move": words(rng.uniform(0.1, 0.3, (n, 2))),
        "learn": words(rng.uniform(0.1, 0.4, n)),
        "newcomer_level": words(np.cumsum(rng.dirichlet(np.ones(5), n), axis=1)),
        "newcomer_ill": words(rng.uniform(0.1, 0.5, (n, 5))),
        "newcomer_status": words(cumulative(rng, (n, 5, 2), 0.3, 0.3)),
        "stay_local": words([0.6, 0.3]),
    }
    return residents, np.full(slots, 100), layoff, chances


class Home:
    """A resident whose month is told in the words of the model's description."""

    def __init__(self, i, columns, first_slot, chances, layoff, outside_loss, direct, is_open):
        self.i, self.n = i, int(np.searchsorted(BOUNDS, i, side="right")) - 1
        vars(self).update({name: values[i].item() for name, values in columns.items()})
        self.chance, self.layoff, self.outside_loss = chances, layoff, outside_loss
        self.first_slot, self.direct, self.is_open = first_slot, direct, is_open
        self.flow, self.line, self.left_boss, self.left_outside, self.word = [], None, None, False, 0

    @property
    def tier(self):
        return int(self.qualification >= 3)

    def dismissed_from(self):
        """Leave the employer, if there is one."""
        if self.employer >= 0:
            self.left_boss = self.employer
        self.employer = NONE

    def live(self):
        work, health, moving, learning = map(int, draw(self.i, MONTH, RESIDENT_LIFE, PLACE, *KEY))
        self.word = work
        if self.status != EMPLOYED:
            self.months_out = min(self.months_out + 1, 32767)
        was_outside = self.employer == OUTSIDE
        if moving < self.chance["move"][self.n, self.tier]:
            self.flow.append("moved")
            self.hand_over()
        else:
            level, ill = self.qualification, int(self.is_ill)
            self.work(work, level, ill)
            self.fare(health, learning, level)
        self.left_outside = was_outside and self.employer != OUTSIDE

    def work(self, word, level, ill):
        if self.status == EMPLOYED:
            losing, leaving = map(int, self.chance["leave_work"][self.n, level, ill])
            boss = self.employer
            shed = int(self.layoff[boss - self.first_slot]) if boss >= 0 else self.outside_loss
            if losing <= word < leaving:
                self.dismissed_from()
                self.status, self.months_out = INACTIVE, 0
                self.flow.append("left_work")
            elif word < losing or word < leaving + shed:
                if self.is_open and boss == OUTSIDE and word >= leaving:
                    self.line = "at_risk"
                    return
                self.dismissed_from()
                self.status, self.months_out = UNEMPLOYED, 0
                self.flow.append("lost_work")
                if boss >= 0 and leaving <= word < leaving + int(self.direct * shed):
                    self.line = "higher" if self.tier else "other"
        elif self.status == INACTIVE:
            if word < self.chance["begin"][self.n, level, ill]:
                self.status, self.months_out = UNEMPLOYED, 0
                self.flow.append("began_search")
        else:
            band = sum(self.months_out - 1 >= months for months in (6, 12, 24))
            kind = int((word >= self.chance["find"][self.n, level, ill, band]).sum())
            if kind < 2:
                self.line = ("higher", "other")[kind]
            elif kind == 2 and self.is_open:
                self.line = "away"
            elif kind == 2:
                self.status, self.employer, self.months_out = EMPLOYED, OUTSIDE, 0
                self.flow.append("found_outside")
            elif kind == 3:
                self.status = INACTIVE
                self.flow.append("gave_up")

    def fare(self, health, learning, level):
        if self.is_ill and health < self.chance["recover"]:
            self.is_ill = False
            self.flow.append("recovered")
        elif not self.is_ill and health < self.chance["fall_ill"][self.n, level]:
            self.is_ill = True
            self.flow.append("fell_ill")
        if level < 4 and learning < self.chance["learn"][self.n]:
            self.qualification += 1
            self.flow.append("learned")

    def hand_over(self):
        """Somebody else moves in, who takes over the job that the home has."""
        of_level, of_illness, of_status, of_place = map(int, draw(self.i, MONTH, RESIDENT_NEWCOMER, PLACE, *KEY))
        self.qualification = int((of_level >= self.chance["newcomer_level"][self.n, :4]).sum())
        self.is_ill = of_illness < self.chance["newcomer_ill"][self.n, self.qualification]
        thresholds = self.chance["newcomer_status"][self.n, self.qualification, int(self.is_ill)]
        self.status = int((of_status >= thresholds).sum())
        self.months_out, self.is_engaged, self.occupant = 0, False, self.occupant + 1
        boss = self.employer
        closes = boss >= 0 and self.layoff[boss - self.first_slot] == CERTAIN
        if self.status == EMPLOYED and boss >= 0 and not closes:
            return
        self.dismissed_from()
        if self.status != EMPLOYED:
            return
        if boss == OUTSIDE:
            self.employer = OUTSIDE
        elif of_place < self.chance["stay_local"][self.tier]:
            self.line, self.status = "higher" if self.tier else "other", UNEMPLOYED
        elif self.is_open:
            self.line, self.status, self.word = "away", UNEMPLOYED, 0
        else:
            self.employer = OUTSIDE


def lived(residents, staff, layoff, chances, outside_loss, direct, is_open, first_slot=30):
    """What `live` fills: the lines, how many are in each and two more counts, and the flows by neighbourhood."""
    homes = BOUNDS[-1]
    lists, filled, flows = np.zeros((4, homes), dtype=np.int64), np.full(6, 9), np.full((3, 9), 9)
    largest = int(np.diff(BOUNDS).max())
    live(
        BOUNDS, PLACE, MONTH, *KEY, *residents.values(), first_slot, staff, layoff, outside_loss, direct,
        *chances.values(), is_open, np.empty((4, largest), dtype=np.uint32), np.empty(largest, dtype=np.int64),
        lists, filled, flows,
    )  # fmt: skip
    return [line[:k].tolist() for line, k in zip(lists, filled)], filled, flows


@pytest.mark.parametrize("is_open", [False, True])
@pytest.mark.parametrize("first_slot", [0, 1, 30])
def test_every_resident_has_the_month_that_it_should(first_slot, is_open):
    residents, staff, layoff, chances = town(first_slot, first_slot)
    outside_loss = int(words(0.15))
    told = [Home(i, residents, first_slot, chances, layoff, outside_loss, 0.5, is_open) for i in range(BOUNDS[-1])]
    lines, filled, flows = lived(residents, staff, layoff, chances, outside_loss, 0.5, is_open, first_slot)
    for home in told:
        home.live()
    for name, values in residents.items():
        assert values.tolist() == [getattr(home, name) for home in told], name
    for line, found in zip(LINES, lines):
        assert found == [(home.word << 30) + home.i for home in told if home.line == line], line
    brought = sum(home.line == "away" and "moved" in home.flow for home in told)
    assert filled[4:].tolist() == [brought, sum(home.left_outside for home in told)]
    for n in range(3):
        assert flows[n].tolist() == [sum(home.n == n and name in home.flow for home in told) for name in FLOWS]
    gone = [home.left_boss - first_slot for home in told if home.left_boss is not None]
    assert (staff == 100 - np.bincount(gone, minlength=12)).all()
    # Equal is worth something only where each has happened.
    happened = flows.sum(axis=0)
    assert (happened[[k for k, name in enumerate(FLOWS) if name != "found_outside"]] > 5).all()
    assert (happened[4] > 5) == (not is_open)
    assert all((len(line) > 5) == (is_open or k < 2) for k, line in enumerate(lines))
    assert (brought > 0) == is_open
    assert filled[5] > 5


def test_where_nothing_is_likely_nothing_happens_but_time():
    residents, staff, layoff, chances = town(1)
    layoff[:] = 0
    before = {name: values.copy() for name, values in residents.items()}
    never = {name: np.zeros_like(values) if name != "recover" else 0 for name, values in chances.items()}
    lines, _, flows = lived(residents, staff, layoff, never, 0, 0.5, False)
    assert not flows.any()
    assert not any(lines)
    without = (before["status"] != EMPLOYED) & (before["months_out"] < 32767)
    assert (residents.pop("months_out") == before["months_out"] + without).all()
    assert all((values == before[name]).all() for name, values in residents.items())


def test_what_is_certain_happens_to_everybody():
    residents, staff, layoff, chances = town(2)
    always = {name: values if name.startswith("newcomer") else values * 0 + CERTAIN for name, values in chances.items()}
    _, _, flows = lived(residents, staff, layoff, always, CERTAIN, 0.5, False)
    assert (flows[:, FLOWS.index("moved")] == np.diff(BOUNDS)).all()
    assert (residents["occupant"] == town(2)[0]["occupant"] + 1).all()
    residents, staff, layoff, chances = town(2)
    always["move"] = np.zeros_like(always["move"])
    _, _, flows = lived(residents, staff, layoff, always, CERTAIN, 0.5, False)
    was = town(2)[0]
    assert (residents["is_ill"] != was["is_ill"]).all()
    assert (residents["qualification"] == np.minimum(was["qualification"] + 1, 4)).all()
    assert flows[:, FLOWS.index("learned")].sum() == (was["qualification"] < 4).sum()


def one_home(**of_resident):
    """Columns of a single resident."""
    column = {"qualification": 2, "status": UNEMPLOYED, "is_ill": False, "months_out": 3, "employer": NONE, "occupant": 1,
              "is_engaged": False} | of_resident  # fmt: skip
    return {name: np.array([value]) for name, value in column.items()}


def month_of_one(thresholds, is_open=False, outside_loss=0, shed=0, direct=0.5, **of_resident):
    """The single resident after a month, the line joined, and what happened; thresholds not given are 0."""
    column = one_home(**of_resident)
    shape = {"find": (1, 5, 2, 4, 4), "leave_work": (1, 5, 2, 2), "begin": (1, 5, 2), "fall_ill": (1, 5), "recover": (),
             "move": (1, 2), "learn": (1,), "newcomer_level": (1, 5), "newcomer_ill": (1, 5),
             "newcomer_status": (1, 5, 2, 2), "stay_local": (2,)}  # fmt: skip
    chance = {name: np.zeros(size, dtype=np.int64) + thresholds.get(name, 0) for name, size in shape.items()}
    chance["recover"] = int(chance["recover"])
    lists, filled, flows = (
        np.zeros((4, 1), dtype=np.int64),
        np.zeros(6, dtype=np.int64),
        np.zeros((1, 9), dtype=np.int64),
    )
    live(
        np.array([0, 1]), PLACE, MONTH, *KEY, *column.values(), 0, np.array([5]), np.array([shed]), outside_loss,
        direct, *chance.values(), is_open, np.empty((4, 1), dtype=np.uint32), np.empty(1, dtype=np.int64), lists, filled, flows,
    )  # fmt: skip
    line = [name for name, k in zip(LINES, filled) if k]
    return {name: values[0].item() for name, values in column.items()}, line, [FLOWS[k] for k in np.flatnonzero(flows)]


WORK, HEALTH, MOVING, LEARNING = (int(word) for word in draw(0, MONTH, RESIDENT_LIFE, PLACE, *KEY))
OF_LEVEL, OF_ILLNESS, OF_STATUS, OF_PLACE = (int(word) for word in draw(0, MONTH, RESIDENT_NEWCOMER, PLACE, *KEY))


@pytest.mark.parametrize("also", [{}, {"learn": CERTAIN}], ids=["picked for this", "picked anyway"])
@pytest.mark.parametrize("above", [0, 1])
def test_a_word_on_a_threshold_is_beyond_it(above, also):
    happens = bool(above)
    word = WORK + above

    def month_of(thresholds, **more):
        resident, line, flows = month_of_one(also | thresholds, **more)
        return resident, line, [flow for flow in flows if flow != "learned"]

    def finds(k, **more):
        return month_of({"find": np.array([0] * k + [word] * (4 - k))}, **more)

    assert finds(0)[1] == ["higher"] * happens
    assert finds(1)[1] == ["other"] * happens
    assert finds(2)[2] == ["found_outside"] * happens
    assert finds(2, is_open=True)[1] == ["away"] * happens
    assert finds(3)[2] == ["gave_up"] * happens
    assert month_of({"begin": word}, status=INACTIVE)[2] == ["began_search"] * happens
    at_work = {"status": EMPLOYED, "employer": 0}
    assert month_of({"leave_work": np.array([word, WORK + 1])}, **at_work)[2] == ["lost_work" if above else "left_work"]
    assert month_of({"leave_work": np.array([0, word])}, **at_work)[2] == ["left_work"] * happens
    assert month_of({}, shed=word, **at_work)[2] == ["lost_work"] * happens
    away = {"status": EMPLOYED, "employer": OUTSIDE}
    assert month_of({}, outside_loss=word, **away)[2] == ["lost_work"] * happens
    assert month_of({}, outside_loss=word, is_open=True, **away)[1] == ["at_risk"] * happens
    # On the threshold of leaving, work elsewhere is at risk; on the end of those who apply at once, it is not applied for.
    leaving = {"leave_work": np.array([0, word])}
    assert month_of(leaving, outside_loss=9, is_open=True, **away)[1] == ["at_risk"] * (not happens)
    assert month_of({}, shed=2 * word, **at_work)[1] == ["other"] * happens
    assert month_of({"fall_ill": HEALTH + above})[2] == ["fell_ill"] * happens
    assert month_of({"recover": HEALTH + above}, is_ill=True)[2] == ["recovered"] * happens
    assert month_of_one({"learn": LEARNING + above})[2] == ["learned"] * happens
    assert month_of_one({"learn": LEARNING + above, "fall_ill": CERTAIN})[2] == ["fell_ill"] + ["learned"] * happens
    assert month_of({"move": MOVING + above})[2] == ["moved"] * happens


@pytest.mark.parametrize("above", [0, 1])
def test_a_newcomers_word_on_a_threshold_is_beyond_it(above):
    moves = {"move": CERTAIN}
    assert month_of_one(moves | {"newcomer_level": OF_LEVEL + above})[0]["qualification"] == (0 if above else 4)
    assert month_of_one(moves | {"newcomer_ill": OF_ILLNESS + above})[0]["is_ill"] == bool(above)
    inactive = month_of_one(moves | {"newcomer_status": OF_STATUS + above})[0]
    assert inactive["status"] == (INACTIVE if above else EMPLOYED)
    unemployed = month_of_one(moves | {"newcomer_status": np.array([0, OF_STATUS + above])})[0]
    assert unemployed["status"] == (UNEMPLOYED if above else EMPLOYED)
    resident, line, _ = month_of_one(moves | {"stay_local": OF_PLACE + above, "newcomer_level": 0})
    assert (resident["employer"], line) == ((NONE, ["higher"]) if above else (OUTSIDE, []))
    assert month_of_one(moves | {"stay_local": OF_PLACE + above}, is_open=True)[1] == (
        ["higher"] if above else ["away"]
    )
    # Only a business that is certain to lay off closes.
    kept = month_of_one(moves, status=EMPLOYED, employer=0, shed=CERTAIN - above)[0]["employer"]
    assert kept == (0 if above else OUTSIDE)


@pytest.mark.parametrize(("months", "band"), [(0, 0), (5, 0), (6, 1), (11, 1), (12, 2), (23, 2), (24, 3), (32767, 3)])
def test_time_out_of_work_comes_in_four_bands(months, band):
    assert duration_band(months) == band
    # A month passes first, and counts from the one after.
    find = np.zeros((1, 5, 2, 4, 4), dtype=np.int64)
    find[:, :, :, band] = CERTAIN
    if months < 32767:
        assert month_of_one({"find": find}, months_out=months)[1] == ["higher"]


def test_residents_think_again_and_choose_by_two_words():
    was = np.random.default_rng(3).uniform(size=BOUNDS[-1]) < 0.5
    now, reconsider, choose = was.copy(), int(words(0.4)), words([0.3, 0.9, 0.7])
    engage(BOUNDS, PLACE, MONTH, *KEY, now, reconsider, choose, np.empty((4, 452), dtype=np.uint32))
    area = np.repeat([0, 1, 2], np.diff(BOUNDS))
    for i in range(BOUNDS[-1]):
        thinks, chooses, _, _ = map(int, draw(i, MONTH, RESIDENT_ENGAGE, PLACE, *KEY))
        assert now[i] == (chooses < choose[area[i]] if thinks < reconsider else was[i])


@pytest.mark.parametrize("above", [0, 1])
def test_a_word_on_the_threshold_of_engaging_is_beyond_it(above):
    thinks, chooses, _, _ = map(int, draw(0, MONTH, RESIDENT_ENGAGE, PLACE, *KEY))
    scratch = np.empty((4, 1), dtype=np.uint32)
    for reconsider, choose, expected in ((thinks + above, 0, not above), (CERTAIN, chooses + above, bool(above))):
        now = np.array([True])
        engage(np.array([0, 1]), PLACE, MONTH, *KEY, now, reconsider, np.array([choose]), scratch)
        assert now[0] == expected


def counted(residents):
    """What `count` fills."""
    people, seekers = np.full((3, 3, 5, 2), 9), np.full((3, 5, 2, 4), 9)
    engaged, outside = np.full(3, 9), np.full((3, 2), 9)
    names = ("qualification", "status", "is_ill", "months_out", "employer", "is_engaged")
    count(BOUNDS, *(residents[name] for name in names), people, seekers, engaged, outside)
    return people, seekers, engaged, outside


def test_residents_are_counted_where_and_what_they_are():
    residents = town(4)[0]
    people, seekers, engaged, outside = counted(residents)
    expected = [np.zeros_like(one) for one in (people, seekers, engaged, outside)]
    for i in range(BOUNDS[-1]):
        n, row = int(i >= 350) + int(i >= 351), {name: values[i].item() for name, values in residents.items()}
        level, ill = row["qualification"], int(row["is_ill"])
        expected[0][n, row["status"], level, ill] += 1
        if row["status"] == UNEMPLOYED:
            expected[1][n, level, ill, sum(row["months_out"] >= months for months in (6, 12, 24))] += 1
        expected[2][n] += row["is_engaged"]
        if row["employer"] == OUTSIDE:
            expected[3][n, int(level >= 3)] += 1
    for found, truth in zip((people, seekers, engaged, outside), expected):
        assert (found == truth).all()


def test_totals_add_neighbourhoods_up():
    people, seekers, engaged, outside = counted(town(4)[0])
    flows, totals = np.arange(27).reshape(3, 9), np.full(17, 9)
    sum_up(people, seekers, engaged, outside, flows, totals)
    whole = people.sum(axis=0)
    happened = dict(zip(FLOWS, flows.sum(axis=0)))
    assert totals.tolist() == [
        *whole.sum(axis=(1, 2)), *whole.sum(axis=(0, 2)), whole[:, :, 1].sum(), whole[INACTIVE, :, 1].sum(),
        seekers[..., 2:].sum(), engaged.sum(), outside.sum(), happened["lost_work"] + happened["left_work"],
        happened["moved"], whole[EMPLOYED, 3:].sum(), outside[:, 1].sum(),
    ]  # fmt: skip
