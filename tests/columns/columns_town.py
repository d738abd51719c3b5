"""A town twice: once in columns, once as plain Mesa agents with the same values."""

import mesa
import numpy as np

from coalsim.columns import NONE, Column, ColumnAgent, ColumnModel, Reference

N_SHOPS = 20
N_WORKERS = 300
OUTSIDE = -2


class Shop(ColumnAgent):
    """A workplace in a slot that may stand empty."""

    alive_column = "is_alive"
    sector = Column(np.int8, unit="sector", doc="Industry.", labels=("making", "serving"))
    jobs = Column(np.int32, unit="jobs", doc="Jobs, filled or not.")
    is_alive = Column(np.bool_, unit="1", doc="Whether it trades.")


class Worker(ColumnAgent):
    """Somebody in a home that never stands empty."""

    employer = Reference(Shop, codes={OUTSIDE: "outside"}, doc="Where they work.")
    friend = Reference("Worker", doc="Whom they ask.")
    skill = Column(np.float64, unit="1", doc="Skill, 0 to 1.")
    age = Column(np.int16, unit="years", doc="Age.")
    group = Column(np.uint8, unit="group", doc="Which of five groups.")
    is_owner = Column(np.bool_, doc="Whether they own their home.")

    @property
    def is_old(self):
        return self.age > 50

    def grow(self, years=1):
        self.age += years
        return self.age


class Council(mesa.Agent):
    """A small kind that stays plain."""

    def __init__(self, model, skill):
        super().__init__(model)
        self.skill = skill
        self.group = 9


class PlainShop(mesa.Agent):
    def __init__(self, model, sector, jobs):
        super().__init__(model)
        self.sector, self.jobs, self.is_alive = sector, jobs, True


class PlainWorker(mesa.Agent):
    def __init__(self, model, employer, skill, age, group, is_owner):
        super().__init__(model)
        self.employer, self.skill, self.age, self.group, self.is_owner = employer, skill, age, group, is_owner

    is_old = Worker.is_old
    grow = Worker.grow


def values(seed=7):
    rng = np.random.default_rng(seed)
    return {
        "sector": rng.integers(0, 2, N_SHOPS),
        "jobs": rng.integers(1, 40, N_SHOPS),
        "employer": rng.integers(-1, N_SHOPS, N_WORKERS),
        "skill": rng.random(N_WORKERS).round(2),
        "age": rng.integers(18, 80, N_WORKERS),
        "group": rng.integers(0, 5, N_WORKERS),
        "is_owner": rng.random(N_WORKERS) < 0.6,
    }


REPORTERS = {"model_reporters": {"mean_age": lambda m: m.mean_age(), "n": "n_workers"}}


class Town(ColumnModel):
    def __init__(self, bonus=0, councils=0, reporters=None, rng=None):
        super().__init__(rng=rng)
        given = values()
        self.bonus = bonus
        shops, workers = self.add_table(Shop, N_SHOPS), self.add_table(Worker, N_WORKERS)
        shops["is_alive"] = True
        for table in (shops, workers):
            for name in table:
                if name in given:
                    table[name] = given[name]
        for i in range(councils):
            Council(self, i / 10)
        self.datacollector = mesa.DataCollector(**(reporters or REPORTERS))

    @property
    def workers(self):
        return self.agents_by_type[Worker]

    @property
    def shops(self):
        return self.agents_by_type[Shop]

    @property
    def n_workers(self):
        return len(self.workers)

    def mean_age(self):
        return self.workers.agg("age", np.mean)

    def step(self):
        self.tables[Worker]["age"] += 1 + self.bonus
        self.datacollector.collect(self)


class PlainTown(mesa.Model):
    def __init__(self, reporters=None, rng=None):
        super().__init__(rng=rng)
        given = {name: array.tolist() for name, array in values().items()}
        shops = [PlainShop(self, s, j) for s, j in zip(given["sector"], given["jobs"])]
        for e, s, a, g, o in zip(*(given[name] for name in ("employer", "skill", "age", "group", "is_owner"))):
            PlainWorker(self, None if e == NONE else shops[e], s, a, g, o)
        self.datacollector = mesa.DataCollector(**(reporters or REPORTERS))

    @property
    def workers(self):
        return self.agents_by_type[PlainWorker]

    @property
    def n_workers(self):
        return len(self.workers)

    def mean_age(self):
        return self.workers.agg("age", np.mean)

    def step(self):
        self.workers.do("grow")
        self.datacollector.collect(self)


def places(agents):
    """Each agent's place in its town, so that twins can be compared."""
    return [a.row if isinstance(a, Worker) else a.unique_id - 1 - N_SHOPS for a in agents]
