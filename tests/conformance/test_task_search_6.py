"""Finding tasks, and workflows by their tasks (reference 1.1, 1.3, 2.9, 6.1, 6.2)."""

from dataclasses import replace

import pytest

from podium.errors import InvalidInput
from podium.service import task_search
from podium.service.task_search import Question, TaskSearch, summary_of_task
from world import SECOND, simple, task


@pytest.fixture
def orders(world):
    """Return two workflows of one type, the first one of them charged, and another."""
    world.register("order", [simple("charge", "charge_card"), simple("ship")])
    world.register("refund", [simple("pay_back")])
    first = world.start("order", correlationId="c-1")
    world.complete("charge_card", {"receipt": "r-77"})
    world.advance(SECOND)
    second = world.start("order", correlationId="c-2")
    world.advance(SECOND)
    third = world.start("refund", correlationId="c-1")
    return first, second, third


def find(world, query=None, free_text="*", sort=None, start=0, size=100):
    question = Question.parse(query, free_text, sort)
    page = world.podium.task_search.tasks(question, start, size)
    return page.total, [
        (one["workflowInstanceId"], one["referenceTaskName"]) for one in page.tasks
    ]


def owners(world, query=None, **options):
    question = Question.parse(query, "*", options.pop("sort", None))
    page = world.podium.task_search.workflows(question, 0, 100, **options)
    return page.total, [row.workflow_id for row in page.rows]


def test_6_an_empty_query_finds_every_task_newest_first(world, orders):
    first, second, third = orders

    assert find(world) == (
        4,
        [
            (third, "pay_back"),
            (second, "charge"),
            (first, "ship"),
            (first, "charge"),
        ],
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("taskType = 'ship'", ["0 ship"]),
        ('taskDefName="charge_card" AND status=SCHEDULED', ["1 charge"]),
        ("taskType IN (charge_card,ship) AND status IN (COMPLETED)", ["0 charge"]),
        ("workflowType = refund", ["2 pay_back"]),
        ("correlationId = 'c-1' AND status = SCHEDULED", ["2 pay_back", "0 ship"]),
        ("taskType STARTS_WITH 'pay'", ["2 pay_back"]),
        ("taskType = *CARD", ["1 charge", "0 charge"]),
        ("status = COMPLETED OR taskType = pay_back", ["2 pay_back", "0 charge"]),
        ("output = '*r-77*'", ["0 charge"]),
        ("endTime IS NOT NULL", ["0 charge"]),
        ("status != SCHEDULED", ["0 charge"]),
        ("unheardOf = 1 AND status = COMPLETED", ["0 charge"]),
        ("taskId = 'no-such-task'", []),
        ("workflowType = unheard_of", []),
    ],
)
def test_6_1_a_query_finds_tasks(world, orders, query, found):
    expected = [(orders[int(number)], ref) for number, ref in map(str.split, found)]

    assert (len(expected), expected) == find(world, query)


def test_6_1_a_task_is_found_by_its_id_and_by_its_workflows(world, orders):
    first, second, _ = orders
    wanted = world.task(first, "ship")["taskId"]

    assert (1, [(first, "ship")]) == find(world, f"taskId = '{wanted}'")
    assert (1, [(first, "ship")]) == find(world, f"taskId IN ({wanted}, x)")
    assert (1, [(second, "charge")]) == find(world, f'workflowId="{second}"')


def test_6_1_a_task_that_a_worker_has_is_in_progress(world, orders):
    first, *_ = orders
    world.take("ship")

    assert (1, [(first, "ship")]) == find(world, "status = 'IN_PROGRESS'")


def test_6_2_times_are_epoch_milliseconds(world, orders):
    first, second, third = orders
    begun = world.workflow(second)["startTime"]

    _, later = find(world, f"scheduledTime > {begun}")
    _, earlier = find(world, f"scheduledTime < {begun}")
    _, between = find(world, f"scheduledTime BETWEEN {begun} AND {begun}")

    assert [third] == [one for one, _ in later]
    assert {first} == {one for one, _ in earlier}
    assert [second] == [one for one, _ in between]


def test_6_2_pages_come_with_the_true_total(world, orders):
    _, everything = find(world)

    assert (4, everything[1:3]) == find(world, start=1, size=2)
    assert (4, []) == find(world, start=10, size=2)


def test_6_2_sorted_by_fields_of_the_task(world, orders):
    _, by_type = find(world, sort="taskType:ASC|scheduledTime:DESC")

    assert ["charge", "charge", "pay_back", "ship"] == [ref for _, ref in by_type]
    assert [orders[1], orders[0]] == [one for one, _ in by_type[:2]]


@pytest.mark.parametrize("text", ["r-77", "R-77"])
def test_6_1_free_text_looks_into_outputs(world, orders, text):
    assert (1, [(orders[0], "charge")]) == find(world, free_text=text)


@pytest.mark.parametrize("text", ["", "*", None])
def test_12_13_no_free_text_means_everything(world, orders, text):
    total, _ = find(world, free_text=text)

    assert 4 == total


def test_6_1_workflows_by_their_tasks_each_once(world, orders):
    first, second, third = orders

    assert (2, [second, first]) == owners(world, "taskType IN (charge_card, ship)")
    assert (3, [third, second, first]) == owners(world)
    assert (1, [third]) == owners(world, "taskDefName = pay_back")


def test_2_9_the_summary_of_a_task(world, orders):
    first, *_ = orders
    shown = world.task(first, "charge")

    summary = summary_of_task(shown).to_json()

    assert {
        "workflowId": first,
        "workflowType": "order",
        "correlationId": "c-1",
        "status": "COMPLETED",
        "taskDefName": "charge_card",
        "taskType": "charge_card",
        "taskId": shown["taskId"],
        "output": "{receipt=r-77}",
        "scheduledTime": "2023-11-14T22:13:20.000Z",
        "endTime": "2023-11-14T22:13:20.000Z",
    }.items() <= summary.items()
    assert "endTime" not in summary_of_task(world.task(first, "ship")).to_json()


def test_7_4_tasks_of_archived_workflows_are_found(world, orders):
    _, _, third = orders
    world.complete("pay_back")
    world.podium.workflows.remove(third, archive=True)
    world.settle()

    assert (1, [(third, "pay_back")]) == find(world, "taskType = pay_back")


def test_6_too_many_workflows_are_refused_with_a_way_out(world, orders, monkeypatch):
    monkeypatch.setattr(task_search, "MOST_WORKFLOWS", 2)

    with pytest.raises(InvalidInput, match=r"of 3 workflows .* 2 may be\. Narrow"):
        find(world)
    assert (1, [(orders[2], "pay_back")]) == find(world, "workflowType = refund")


def test_6_a_search_that_takes_too_long_is_refused_with_a_way_out(world, orders):
    class Slow:
        def __init__(self):
            self.time = world.clock.now()

        def now(self):
            self.time += 15_000
            return self.time

    slow = replace(world.opened.home, clock=Slow())
    search = TaskSearch(slow, world.podium.workflows)

    with pytest.raises(InvalidInput, match=r"more than 20 s\. Narrow the query"):
        search.tasks(Question.parse(None, None, None), 0, 10)


@pytest.mark.parametrize(("start", "size"), [(-1, 10), (0, -1)])
def test_6_no_page_begins_before_the_first(world, start, size):
    with pytest.raises(InvalidInput, match="must not be negative"):
        find(world, start=start, size=size)


def test_6_open_tasks_are_looked_for_in_open_workflows(world, orders):
    first, second, third = orders
    world.podium.workflows.terminate(second, None)
    world.settle()

    assert (2, [(third, "pay_back"), (first, "ship")]) == find(
        world, "status IN (SCHEDULED, IN_PROGRESS)"
    )
    assert (1, [(second, "charge")]) == find(world, "status = CANCELED")


def test_6_tasks_of_a_workflow_that_waits_are_found(world):
    waiting = world.run([task("WAIT", "wait")], name="waits")

    assert (1, [(waiting, "wait")]) == find(world, "taskType = WAIT")
