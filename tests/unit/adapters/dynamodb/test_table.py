"""Requests of a table: lost answers, partial answers, refusals."""

import itertools

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from podium.adapters.dynamodb.conditions import IS_ABSENT, IS_PRESENT
from podium.adapters.dynamodb.ranges import Range
from podium.adapters.dynamodb.table import ConditionFailed, Table
from podium.errors import Unavailable

KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}


class SendsTwice:
    """A client whose first answers get lost, so that botocore sends once more."""

    def __init__(self, client):
        self._client = client

    def put_item(self, **request):
        self._client.put_item(**request)
        return self._client.put_item(**request)


class Answers:
    """A client that has been told what to answer, and remembers what it was asked."""

    def __init__(self, *answers):
        self._answers = iter(answers)
        self.asked = []

    def __getattr__(self, name):
        def answer(**request):
            self.asked.append(request)
            found = next(self._answers)
            if isinstance(found, Exception):
                raise found
            return found

        return answer


def table_of(client, pauses=None):
    pause = (lambda _: None) if pauses is None else pauses.append
    return Table(client, "t", lambda _: 1, pause)


@pytest.fixture
def table(stack):
    return open_table(stack, stack.clients.dynamodb)


def open_table(stack, client):
    numbers = itertools.count()
    return Table(
        client, stack.outputs["CatalogTable"], lambda _: next(numbers), lambda _: None
    )


def refusal(code, status=400):
    answer = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(answer, "Query")


# --- conditions ----------------------------------------------------------------------


def test_the_loser_sees_the_item_that_stands(table):
    table.put({**KEY, "value": {"S": "first"}})

    with pytest.raises(ConditionFailed) as lost:
        table.put({**KEY, "value": {"S": "second"}}, IS_ABSENT)

    assert {"S": "first"} == lost.value.standing["value"]


def test_where_nothing_stands_the_loser_sees_nothing(table):
    with pytest.raises(ConditionFailed) as lost:
        table.delete(KEY, IS_PRESENT)

    assert {} == lost.value.standing


def test_a_write_whose_answer_got_lost_is_known_again(stack):
    twice = open_table(stack, SendsTwice(stack.clients.dynamodb))

    twice.put_once({**KEY, "value": {"S": "ours"}})

    assert {"S": "ours"} == open_table(stack, stack.clients.dynamodb).get(KEY)["value"]


def test_the_same_content_written_by_another_is_not_taken_for_ours(table):
    table.put_once(KEY)

    with pytest.raises(ConditionFailed):
        table.put_once(KEY)


# --- batches -------------------------------------------------------------------------


def test_keys_that_were_not_answered_are_asked_for_again():
    other = {"pk": {"S": "p"}, "sk": {"S": "other"}}
    pauses = []
    client = Answers(
        {
            "Responses": {"t": [KEY]},
            "UnprocessedKeys": {"t": {"Keys": [other], "ConsistentRead": True}},
        },
        {"Responses": {"t": [other]}, "UnprocessedKeys": {}},
    )

    found = table_of(client, pauses).get_each([KEY, other], consistent=True)

    assert [KEY, other] == found
    assert [other] == client.asked[1]["RequestItems"]["t"]["Keys"]
    assert 1 == len(pauses)


def test_a_hundred_keys_are_one_request():
    client = Answers(*[{"Responses": {"t": []}} for _ in range(3)])
    wanted = [{"pk": {"S": str(number)}, "sk": {"S": "s"}} for number in range(250)]

    table_of(client).get_each(wanted, consistent=False)

    sizes = [len(one["RequestItems"]["t"]["Keys"]) for one in client.asked]
    assert [100, 100, 50] == sizes


def test_a_batch_that_is_never_finished_is_unavailable_not_short():
    never = {
        "Responses": {"t": []},
        "UnprocessedKeys": {"t": {"Keys": [KEY]}},
    }
    pauses = []

    with pytest.raises(Unavailable):
        table_of(Answers(*[never] * 8), pauses).get_each([KEY], consistent=True)

    assert sorted(set(pauses)) == pauses


def test_what_was_not_removed_is_removed_again_or_said():
    left = {"t": [{"DeleteRequest": {"Key": KEY}}]}
    client = Answers({"UnprocessedItems": left}, {"UnprocessedItems": {}})

    table_of(client).delete_each([KEY])

    assert left == client.asked[1]["RequestItems"]
    with pytest.raises(Unavailable):
        table_of(Answers(*[{"UnprocessedItems": left}] * 8)).delete_each([KEY])


# --- pages ---------------------------------------------------------------------------


def test_pages_follow_each_other_until_there_is_no_next_key():
    client = Answers({"Items": [1], "LastEvaluatedKey": KEY}, {"Items": [2]})

    found = list(table_of(client).items(Range("p", "a", "z")))

    assert [1, 2] == found
    assert KEY == client.asked[1]["ExclusiveStartKey"]


def test_counting_goes_on_behind_a_key_to_the_end():
    client = Answers({"Count": 5, "LastEvaluatedKey": KEY}, {"Count": 2})

    assert 7 == table_of(client).count(Range("p", "a", "z"), KEY, newest_first=True)


# --- errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        refusal("ProvisionedThroughputExceededException"),
        refusal("ThrottlingException"),
        refusal("InternalServerError", 500),
        refusal("SomethingNew", 503),
        refusal("AccessDeniedException"),
        refusal("ResourceNotFoundException"),
        ConnectTimeoutError(endpoint_url="here"),
        ReadTimeoutError(endpoint_url="here"),
    ],
    ids=str,
)
def test_what_may_pass_is_unavailable(failure):
    with pytest.raises(Unavailable) as found:
        table_of(Answers(failure)).get(KEY)

    assert failure is found.value.__cause__


def test_a_mistake_of_ours_is_not_called_an_outage():
    with pytest.raises(ClientError):
        table_of(Answers(refusal("ValidationException"))).get(KEY)
