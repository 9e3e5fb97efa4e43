"""The janitor of ``podium dev``: a look at once, then every hour."""

import random

from podium.adapters.sqlite.home import open_home
from podium.service.external_payloads import DAYS_KEPT, WORKFLOW_THRESHOLD
from podium.service.janitor import AT_ONCE
from podium_local.janitor import JanitorPump
from world import DAY, World, inline


class SweptWorld(World):
    """A world whose journals are kept for a week."""

    def open(self, path, seed):
        draw = random.Random(seed).getrandbits
        return open_home(path, clock=self.clock, draw=draw, retention_days=7)


def test_it_clears_up_as_it_starts_and_ends_when_it_is_told_to():
    world = SweptWorld()
    world.register("instant", [inline("one", "1")])
    old = world.start("instant")
    world.clock.advance(7 * DAY)
    young = world.start("instant")

    pump = JanitorPump(world.opened, world.podium)
    pump.start()
    pump.request_stop()
    pump.join()

    journal = world.opened.home.journal
    assert [] == journal.read_range(old, 1)
    assert [] != journal.read_range(young, 1)
    assert "COMPLETED" == world.status(old)
    world.opened.close()


def test_without_a_retention_only_what_definitions_say_and_copies_of_answers_go():
    world = World()
    world.register("instant", [inline("one", "1")])
    started = world.start("instant")
    world.register("brief", [inline("one", "1")], metadata={"retentionDays": 1})
    brief = world.start("brief")
    large = {"text": "x" * WORKFLOW_THRESHOLD}
    copies = []
    for _ in range(DAYS_KEPT + 2):
        shown = world.workflow(world.start("instant", large))
        copies.append(shown["externalInputPayloadStoragePath"])
        world.clock.advance(DAY)
    payloads = world.opened.home.payloads
    payloads.put("workflow/input/of-a-client.json", b"{}")

    pump = JanitorPump(world.opened, world.podium)
    pump.start()
    pump.request_stop()
    pump.join()

    assert [None, None] == [payloads.get(one) for one in copies[:2]]
    assert None not in [payloads.get(one) for one in copies[2:]]
    assert b"{}" == payloads.get("workflow/input/of-a-client.json")
    journal = world.opened.home.journal
    assert [] != journal.read_range(started, 1)
    assert [] == journal.read_range(brief, 1)
    world.opened.close()


def test_it_stops_between_two_lots(monkeypatch):
    world = SweptWorld()
    pump = JanitorPump(world.opened, world.podium)
    looks = []

    def find_always(limit):
        looks.append(limit)
        pump.request_stop()
        return []

    monkeypatch.setattr(pump._janitor, "_find", find_always)
    pump.start()
    pump.join()

    assert [AT_ONCE] == looks
    world.opened.close()
