"""What goes wrong for one workflow comes again; the others go on."""

import pytest

from podium.errors import Unavailable
from projected import Projected


def test_a_poisoned_record_comes_again_and_the_others_are_projected(deployment):
    first, poisoned, last = (deployment.start("instant") for _ in range(3))
    records = deployment.stream.take()
    [bad] = [
        one for one in records if one["dynamodb"]["Keys"]["pk"]["S"].endswith(poisoned)
    ]
    bad["dynamodb"]["NewImage"]["data"] = {"B": "bm8gZW50cnk="}

    failed = deployment.project(records)

    assert [bad["dynamodb"]["SequenceNumber"]] == failed
    assert ["COMPLETED", None, "COMPLETED"] == [
        deployment.status(one) for one in (first, poisoned, last)
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"data": {"B": "%%%"}},
        {"data": {"S": "text"}},
        {"at": {"N": "soon"}},
    ],
)
def test_a_record_that_cannot_be_read_comes_again(deployment, broken):
    deployment.start("instant")
    [record] = deployment.stream.take()[:1]
    record["dynamodb"]["NewImage"] |= broken

    assert [record["dynamodb"]["SequenceNumber"]] == deployment.project([record])


class NoArchive:
    """An archive that does not answer."""

    def write_batch(self, _path, _lines):
        raise Unavailable("S3 did not answer")


def test_without_an_archive_what_ended_comes_again_and_what_runs_is_projected(
    stack, stream, clock, deployment
):
    broken = Projected(stack, stream, clock, archive=NoArchive())
    running, ended = broken.start("worked"), broken.start("instant")
    records = stream.take()
    [position] = [
        one["dynamodb"]["SequenceNumber"]
        for one in records
        if one["dynamodb"]["Keys"]["pk"]["S"].endswith(ended)
    ]

    assert [position] == broken.project(records)

    assert ("RUNNING", None) == (broken.status(running), broken.status(ended))
    assert [] == deployment.project(records)
    assert "COMPLETED" == deployment.status(ended)
