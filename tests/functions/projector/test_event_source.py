"""The event source: what it sends is what is needed."""

from podium.adapters.dynamodb.stream import FILTERS
from podium_local.aws.stream import is_wanted
from projected import RETENTION
from world import DAY


def test_the_patterns_let_through_what_is_needed_and_little_else(
    deployment, stream, clock
):
    started = deployment.start("worked")
    deployment.work(logs=["a line"])
    deployment.home.leases.renew(started, 1, 1, clock.now())
    records = stream.take()
    wanted = [one for one in records if is_wanted(one, FILTERS)]
    assert {"j"} == {one["dynamodb"]["Keys"]["sk"]["S"][0] for one in wanted}
    assert 2 == len(wanted) < len(records)

    deployment.project(wanted)
    stream.take()
    clock.advance(RETENTION * DAY)
    assert 4 == stream.expire(clock.now())
    assert all(is_wanted(one, FILTERS) for one in stream.take())

    other = deployment.start("instant")
    stream.take()
    deployment.podium.workflows.remove(other, archive=False)
    assert 1 == sum(is_wanted(one, FILTERS) for one in stream.take())
