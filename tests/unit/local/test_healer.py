"""The look at everything as `podium dev` starts: nothing is missed for trouble."""

import threading

from podium.errors import Unavailable
from podium_local.healer import Healer

SHORT, FOR_EVER = 0.001, 3_600
WORKFLOWS = ("a", "b", "c")


class Store:
    """Guard and scheduler in one, with what befalls each call, by who is looked at."""

    def __init__(self, **troubles):
        self.troubles = troubles
        self.looks = []
        self.is_in_trouble = threading.Event()

    def meet(self, name):
        if self.troubles.get(name):
            self.is_in_trouble.set()
            raise self.troubles[name].pop()

    def requeue(self):
        self.meet("requeue")

    def running(self):
        self.meet("running")
        yield from WORKFLOWS

    def look_at(self, workflow_id):
        self.meet(workflow_id)
        self.looks.append(workflow_id)


def heal(store):
    healer = Healer(store, store, SHORT)
    healer.start()
    healer.join()
    return store.looks


def test_all_that_runs_is_looked_at_once():
    assert [*WORKFLOWS] == heal(Store())


def test_what_the_store_keeps_it_from_is_looked_at_when_it_answers_again():
    away = [Unavailable("away"), Unavailable("away")]
    store = Store(requeue=[*away], running=[*away], b=[*away])

    assert ["a", "c", "b"] == heal(store)


def test_one_that_cannot_be_read_keeps_nobody_else_from_it(caplog):
    assert ["a", "c"] == heal(Store(b=[KeyError("what?")]))
    assert ["b"] == [
        one.workflow_id for one in caplog.records if one.message == "guard_failed"
    ]


def test_it_ends_when_it_is_told_to_however_long_the_trouble_lasts():
    store = Store(b=[Unavailable("away")] * 99)
    healer = Healer(store, store, FOR_EVER)
    healer.start()
    assert store.is_in_trouble.wait(5)

    healer.request_stop()
    healer.join()

    assert "b" not in store.looks
