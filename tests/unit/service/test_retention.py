"""Retention: who says how long journals stay, and when what runs is stamped anew."""

from dataclasses import replace

import pytest

from podium.bootstrap import build
from podium.service.retention import retention_days
from world import DAY, HOUR, new_world, simple

NOW = 1_700_000_000_000


class Stamps:
    """The port Records, as far as stamps go."""

    def __init__(self, expires):
        self.expires_at = expires
        self.asked = 0
        self.written = []

    def expires(self, _workflow_id):
        self.asked += 1
        return self.expires_at

    def restamp(self, workflow_id, expires):
        self.written.append((workflow_id, expires))


@pytest.fixture
def world():
    with new_world() as opened:
        yield opened


def started(world, **fields):
    world.register("tested", [simple("work")], **fields)
    return world.podium.tasks._journals.load(world.start("tested"))


def retention(world, days, stamps=None):
    home = replace(world.opened.home, retention_days=days)
    if stamps is not None:
        home = replace(home, records=stamps)
    return build(home).retention


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, None),
        ({"retentionDays": 90}, 90),
        ({"retentionDays": 0}, 0),
        ({"retentionDays": -1}, None),
        ({"retentionDays": "90"}, None),
        ({"retentionDays": True}, None),
        ({"retentionDays": 1.5}, None),
        ({"retentionDays": 40_000}, None),
    ],
)
def test_a_definition_says_it_in_its_metadata(metadata, expected):
    assert expected == retention_days(metadata)


@pytest.mark.parametrize(
    ("metadata", "deployment", "expected"),
    [
        ({}, 0, 0),
        ({}, 30, NOW + 30 * DAY),
        ({"retentionDays": 7}, 30, NOW + 7 * DAY),
        ({"retentionDays": 7}, 0, NOW + 7 * DAY),
        ({"retentionDays": 0}, 30, 0),
    ],
)
def test_the_definition_goes_before_the_deployment(
    world, metadata, deployment, expected
):
    state = started(world, metadata=metadata)

    assert expected == retention(world, deployment).expires(state, NOW)


def test_what_belongs_to_no_workflow_is_kept_as_the_deployment_says(world):
    assert NOW + DAY == retention(world, 1).expires(None, NOW)


def test_a_young_workflow_is_left_alone_and_nothing_is_asked(world):
    state, stamps = started(world), Stamps(NOW + 30 * DAY)
    world.clock.advance(15 * DAY - HOUR)

    assert not retention(world, 30, stamps).restamp(state)

    assert (0, []) == (stamps.asked, stamps.written)


def test_a_running_workflow_is_stamped_anew_at_half_time(world):
    state, stamps = started(world), Stamps(NOW + 30 * DAY)
    world.clock.advance(15 * DAY)

    assert retention(world, 30, stamps).restamp(state)

    assert [(state.workflow_id, NOW + 45 * DAY)] == stamps.written


def test_a_workflow_whose_stamps_are_new_is_left_alone(world):
    state, stamps = started(world), Stamps(NOW + 45 * DAY)
    world.clock.advance(20 * DAY)

    assert not retention(world, 30, stamps).restamp(state)

    assert (1, []) == (stamps.asked, stamps.written)


def test_a_workflow_without_stamps_gets_them(world):
    state, stamps = started(world), Stamps(0)
    world.clock.advance(20 * DAY)

    assert retention(world, 30, stamps).restamp(state)


def test_what_is_kept_for_ever_and_what_has_ended_is_never_stamped(world):
    state, stamps = started(world), Stamps(0)
    world.clock.advance(400 * DAY)
    assert not retention(world, 0, stamps).restamp(state)

    world.podium.workflows.terminate(state.workflow_id, None)
    ended = world.podium.tasks._journals.load(state.workflow_id)
    assert not retention(world, 30, stamps).restamp(ended)

    assert (0, []) == (stamps.asked, stamps.written)
