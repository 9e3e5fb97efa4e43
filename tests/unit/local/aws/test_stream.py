"""The table's stream: every record once in its order, wherever the reader begins."""

from io import BytesIO

import pytest
from botocore.exceptions import ClientError

from podium.errors import Unavailable
from podium_local.aws.stream import TRIES, TableStream, as_lambda_has_it

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/1"
PAGE = 3


class Aws:
    """A stream, whose shards a test fills, and a bucket."""

    def __init__(self):
        self.parents = {"first": None}
        self.records = {"first": []}
        self.over = set()
        self.trimmed = 0
        self.objects = {}
        self.broken = None

    def of(self, _service):
        return self

    @property
    def s3(self):
        return self

    def add(self, *numbers, shard="first", sort="j#0000000001"):
        keys = {"pk": {"S": "wf#1"}, "sk": {"S": sort}}
        for number in numbers:
            change = {"Keys": keys, "SequenceNumber": str(number), "NewImage": keys}
            self.records[shard].append({"eventName": "INSERT", "dynamodb": change})

    def split(self, shard, child):
        self.over.add(shard)
        self.parents[child] = shard
        self.records[child] = []

    # --- as boto3 has it -----------------------------------------------------------

    def describe_stream(self, StreamArn, ExclusiveStartShardId=None):  # noqa: N803
        assert StreamArn == ARN
        names = list(self.parents)
        place = names.index(ExclusiveStartShardId) + 1 if ExclusiveStartShardId else 0
        shard = {"ShardId": names[place]}
        if self.parents[names[place]]:
            shard["ParentShardId"] = self.parents[names[place]]
        described = {"Shards": [shard]}
        if place + 1 < len(names):
            described["LastEvaluatedShardId"] = names[place]
        return {"StreamDescription": described}

    def get_shard_iterator(
        self,
        StreamArn,  # noqa: N803
        ShardId,  # noqa: N803
        ShardIteratorType,  # noqa: N803
        SequenceNumber=None,  # noqa: N803
    ):
        assert StreamArn == ARN
        if ShardIteratorType == "TRIM_HORIZON":
            return {"ShardIterator": f"{ShardId} {self.trimmed}"}
        numbers = [one["dynamodb"]["SequenceNumber"] for one in self.records[ShardId]]
        place = numbers.index(SequenceNumber) + 1
        if place <= self.trimmed:
            raise refusal("TrimmedDataAccessException")
        return {"ShardIterator": f"{ShardId} {place}"}

    def get_records(self, ShardIterator, Limit):  # noqa: N803
        if self.broken:
            raise refusal(self.broken)
        shard, place = ShardIterator.split()
        start = int(place)
        found = self.records[shard][start : start + min(PAGE, Limit)]
        end = start + len(found)
        answer = {"Records": found}
        if shard not in self.over or end < len(self.records[shard]):
            answer["NextShardIterator"] = f"{shard} {end}"
        return answer

    def get_object(self, Bucket, Key):  # noqa: N803
        if (Bucket, Key) not in self.objects:
            raise refusal("NoSuchKey")
        return {"Body": BytesIO(self.objects[Bucket, Key])}

    def put_object(self, Bucket, Key, Body):  # noqa: N803
        self.objects[Bucket, Key] = Body


def refusal(code):
    return ClientError({"Error": {"Code": code}}, "anything")


class Projector:
    """Remembers what came, and fails what it is told to."""

    def __init__(self):
        self.seen, self.failing = [], set()

    def __call__(self, event):
        numbers = [int(one["dynamodb"]["SequenceNumber"]) for one in event["Records"]]
        self.seen += numbers
        failed = [one for one in numbers if one in self.failing]
        return {"batchItemFailures": [{"itemIdentifier": str(one)} for one in failed]}


@pytest.fixture
def aws():
    return Aws()


@pytest.fixture
def projector():
    return Projector()


@pytest.fixture
def reader(aws, projector):
    """Return a process's reader, as often as one begins."""
    return lambda stream=ARN: TableStream(aws, "bucket", stream, projector)


def follow(stream):
    """Read until there is no more for now."""
    while stream.follow():
        pass


def test_records_come_in_order_and_once_for_each_process_after_the_other(
    aws, projector, reader
):
    first = reader()
    aws.add(*range(7))
    follow(first)
    aws.add(7, 8)
    follow(first)
    aws.add(9)
    follow(reader())

    assert list(range(10)) == projector.seen


def test_what_nobody_wants_is_not_handed_over(aws, projector, reader):
    aws.add(1, sort="summary")
    aws.add(2)
    follow(reader())

    assert [2] == projector.seen


def test_from_what_failed_on_all_comes_again(aws, projector, reader):
    stream = reader()
    aws.add(1, 2, 3)
    projector.failing = {2}
    follow(stream)
    assert [1, 2, 3] == projector.seen[:3]

    projector.failing, projector.seen = set(), []
    follow(reader())
    assert [2, 3] == projector.seen


def test_what_always_fails_is_passed_over_in_the_end(aws, projector, reader, caplog):
    stream = reader()
    aws.add(1, 2, 3)
    projector.failing = {2}
    for _ in range(TRIES + 1):
        stream.follow()
    follow(stream)

    assert TRIES == projector.seen.count(2)
    assert 3 == projector.seen[-1]
    [said] = [one for one in caplog.records if one.message == "projection_given_up"]
    assert "2" == said.sequence_number


def test_a_shard_is_read_after_its_parent(aws, projector, reader):
    stream = reader()
    aws.add(1, 2, 3, 4)
    aws.split("first", "second")
    aws.add(5, 6, shard="second")
    for _ in range(5):
        stream.follow()
    assert [1, 2, 3, 4, 5, 6] == projector.seen

    aws.add(7, shard="second")
    follow(reader())
    assert 7 == projector.seen[-1]
    assert 7 == len(projector.seen)


def test_what_is_no_longer_kept_is_left_out(aws, projector, reader):
    aws.add(1, 2)
    follow(reader())
    aws.add(3, 4)
    aws.trimmed = 3
    stream = reader()
    for _ in range(2):
        stream.follow()

    assert [1, 2, 4] == projector.seen


def test_an_iterator_that_is_too_old_is_asked_for_again(aws, projector, reader):
    stream = reader()
    aws.add(1)
    follow(stream)
    aws.add(2)
    aws.broken = "ExpiredIteratorException"
    assert not stream.follow()
    aws.broken = None
    follow(stream)

    assert [1, 2] == projector.seen


def test_a_new_table_has_a_new_stream(aws, projector, reader):
    aws.add(1)
    follow(reader())
    [(place, written)] = aws.objects.items()
    aws.objects[place] = written.replace(b"stream/1", b"stream/0")
    follow(reader())

    assert [1, 1] == projector.seen


def test_trouble_is_a_matter_of_time(aws, reader):
    aws.broken = "InternalServerError"

    with pytest.raises(Unavailable):
        reader().follow()


def test_a_record_is_written_as_lambda_writes_it():
    record = {
        "eventName": "REMOVE",
        "userIdentity": {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"},
        "dynamodb": {"SequenceNumber": "1", "OldImage": {"entry": {"B": b"\x00"}}},
    }

    assert {
        "eventName": "REMOVE",
        "userIdentity": {"type": "Service", "principalId": "dynamodb.amazonaws.com"},
        "dynamodb": {
            "ApproximateCreationDateTime": 0,
            "SequenceNumber": "1",
            "OldImage": {"entry": {"B": "AA=="}},
        },
    } == as_lambda_has_it(record)
