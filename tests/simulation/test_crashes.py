"""A process may die between any two calls of its ports: nothing is lost or doubled.

The story is told again and again on a fresh file; the n-th time the process dies at its
n-th call.  Then the file is opened again, as at a start-up, and the story goes on.
"""

import contextlib
from dataclasses import fields, replace
from functools import partial

import pytest

from comeback import Comeback, Relaunch, Renewal
from podium.ports import Home
from stories import KINDS
from story import Fuse
from twenty_steps import TwentySteps
from world import World

MAX_CALLS = 2_000
ROUNDS = 40
_STEPS = {Comeback: 9, Relaunch: 13, Renewal: 17, TwentySteps: 29}
"""How many calls of the longer stories to go on from death to death."""
_NOT_PORTS = {
    "after_commit",
    "atomic",
    "clock",
    "draw",
    "guard_after",
    "max_conflicts",
    "offers_travel",
    "projects_inline",
    "requests_at_once",
    "retention_days",
}


class Fragile:
    """A port each call of which may be the last."""

    def __init__(self, port, fuse):
        self._port = port
        self._fuse = fuse

    def __getattr__(self, name):
        found = getattr(self._port, name)
        if not callable(found):
            return found

        def call(*arguments, **options):
            self._fuse.burn()
            return found(*arguments, **options)

        return call


class FragileWorld(World):
    """A world on a file whose process dies when its fuse says so."""

    def __init__(self, path, fuse, clock, seed):
        self._fuse = fuse
        super().__init__(path=path, clock=clock, seed=seed)

    def equip(self, opened):
        home = opened.home
        ports = {
            one.name: Fragile(getattr(home, one.name), self._fuse)
            for one in fields(Home)
            if one.name not in _NOT_PORTS
        }
        fragile = replace(home, atomic=lambda: self._unit(home), **ports)
        return replace(
            opened,
            home=fragile,
            commands=Fragile(opened.commands, self._fuse),
            timers=Fragile(opened.timers, self._fuse),
        )

    @contextlib.contextmanager
    def _unit(self, home):
        """Die before a unit of work begins, or before it is committed."""
        self._fuse.burn()
        with home.atomic():
            yield
            self._fuse.burn()

    def die(self):
        """Leave the file as a killed process does."""
        self.opened.alarms.close()
        self.opened.database.close()

    def recover(self):
        """Do what a process does at its start-up."""
        self.opened.release_in_flight()
        self.podium.guard.look_at_all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("offset", range(2))
def test_the_process_may_die_at_any_call(tmp_path, kind, offset):
    for at in range(1 + offset, MAX_CALLS, _STEPS.get(kind, 2)):
        fuse = Fuse()
        story = kind(partial(FragileWorld, tmp_path / f"{at}.db", fuse), ROUNDS)
        fuse.set(at)
        started = story.tell()
        fuse.set(0)
        story.check(started)
        story.world.opened.close()
        if story.starts == 1:
            return
    raise AssertionError(f"the story needs more than {MAX_CALLS} calls")
