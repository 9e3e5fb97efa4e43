"""The contract of definitions, event handlers and snapshots."""

import pytest

from podium.errors import AlreadyExists
from podium.model.event_handler import Action, ActionType, EventHandler, StartWorkflow
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import WorkflowTask


def workflow(name="w", version=1, **fields):
    tasks = (WorkflowTask(name="t", task_reference_name="t", type="SIMPLE"),)
    return WorkflowDef(name=name, version=version, tasks=tasks, **fields)


def put(home, *definitions):
    for definition in definitions:
        home.metadata.put_workflow(definition, overwrite=True)


def handler(name="h", event="conductor:a", **fields):
    start = Action(action=ActionType.START_WORKFLOW, start_workflow=StartWorkflow())
    return EventHandler(name=name, event=event, actions=(start,), **fields)


# --- workflows ------------------------------------------------------------------------


def test_a_workflow_is_found_as_it_was_put(home):
    rich = workflow(
        description="ünïcode \N{SNOWMAN}",
        input_template={"a": {"b": [1, None, "x"]}},
        output_parameters={"o": "${t.output}"},
        timeout_seconds=5,
        create_time=1_700_000_000_000,
    )
    put(home, rich)

    assert rich == home.metadata.find_workflow("w", 1)


def test_what_was_never_put_is_not_found(home):
    put(home, workflow(version=2))

    assert home.metadata.find_workflow("w", 1) is None
    assert home.metadata.find_workflow("other", None) is None
    assert [] == home.metadata.list_workflows("other")


def test_without_a_version_the_highest_is_found(home):
    put(home, *(workflow(version=version) for version in (9, 10, 2)))

    assert workflow(version=10) == home.metadata.find_workflow("w", None)


def test_once_the_highest_is_gone_the_next_one_is_found(home):
    put(home, workflow(version=1), workflow(version=2))
    assert workflow(version=2) == home.metadata.find_workflow("w", None)

    assert home.metadata.delete_workflow("w", 2)

    assert workflow(version=1) == home.metadata.find_workflow("w", None)


def test_a_taken_name_and_version_is_refused(home):
    put(home, workflow(description="first"))

    with pytest.raises(AlreadyExists):
        home.metadata.put_workflow(workflow(description="second"), overwrite=False)

    assert workflow(description="first") == home.metadata.find_workflow("w", 1)


def test_overwriting_shows_at_once_even_to_who_just_looked(home):
    put(home, workflow(description="first"))
    home.metadata.find_workflow("w", None)
    home.metadata.find_workflow("w", 1)

    put(home, workflow(description="second"))

    assert workflow(description="second") == home.metadata.find_workflow("w", 1)
    assert workflow(description="second") == home.metadata.find_workflow("w", None)


def test_workflows_are_listed_by_name_and_version(home):
    put(home, workflow("b", 2), workflow("a", 10), workflow("b", 1), workflow("a", 9))

    listed = home.metadata.list_workflows()

    expected = [("a", 9), ("a", 10), ("b", 1), ("b", 2)]
    assert expected == [(one.name, one.version) for one in listed]
    assert [workflow("b", 1), workflow("b", 2)] == home.metadata.list_workflows("b")


def test_deleting_tells_whether_there_was_anything(home):
    put(home, workflow())

    assert home.metadata.delete_workflow("w", 1)
    assert not home.metadata.delete_workflow("w", 1)
    assert home.metadata.find_workflow("w", 1) is None


# --- tasks ----------------------------------------------------------------------------


def test_a_task_is_found_as_it_was_put_last(home):
    home.metadata.put_task(TaskDef(name="t", retry_count=1))
    home.metadata.find_task("t")

    replaced = TaskDef(name="t", retry_count=2, input_template={"a": [None]})
    home.metadata.put_task(replaced)

    assert replaced == home.metadata.find_task("t")


def test_several_tasks_are_found_at_once(home):
    for name in ("a", "b"):
        home.metadata.put_task(TaskDef(name=name, retry_count=1))
    home.metadata.find_task("a")

    found = home.metadata.find_tasks(["b", "none", "a"])

    assert {"a", "b"} == found.keys()
    assert TaskDef(name="b", retry_count=1) == found["b"]
    home.metadata.put_task(TaskDef(name="b", retry_count=2))
    assert 2 == home.metadata.find_tasks(["b"])["b"].retry_count
    assert {} == home.metadata.find_tasks([])


def test_tasks_are_listed_by_name(home):
    for name in ("b", "a", "c"):
        home.metadata.put_task(TaskDef(name=name))

    assert ["a", "b", "c"] == [task.name for task in home.metadata.list_tasks()]


def test_a_deleted_task_is_gone(home):
    home.metadata.put_task(TaskDef(name="t"))

    assert home.metadata.delete_task("t")
    assert not home.metadata.delete_task("t")
    assert home.metadata.find_task("t") is None


# --- event handlers -------------------------------------------------------------------


def test_a_handler_is_listed_as_it_was_put(home):
    given = handler(condition="$.a == 1", active=True)

    assert home.metadata.put_handler(given, overwrite=False)
    assert [given] == home.metadata.list_handlers()


def test_a_taken_handler_name_is_refused_and_nothing_written(home):
    home.metadata.put_handler(handler(condition="first"), overwrite=False)

    again = handler(condition="second")
    assert not home.metadata.put_handler(again, overwrite=False)

    assert [handler(condition="first")] == home.metadata.list_handlers()


def test_a_handler_that_is_not_there_cannot_be_replaced(home):
    assert not home.metadata.put_handler(handler(), overwrite=True)
    assert [] == home.metadata.list_handlers()


def test_replacing_a_handler_may_move_it_to_another_event(home):
    home.metadata.put_handler(handler(event="conductor:a"), overwrite=False)
    moved = handler(event="conductor:b")

    assert home.metadata.put_handler(moved, overwrite=True)
    assert [] == home.metadata.list_handlers("conductor:a")
    assert [moved] == home.metadata.list_handlers("conductor:b")


def test_handlers_of_an_event_are_listed_by_name(home):
    for name, event in (("z", "e1"), ("y", "e2"), ("x", "e1")):
        home.metadata.put_handler(handler(name, event), overwrite=False)

    found = home.metadata.list_handlers("e1")

    assert ["x", "z"] == [one.name for one in found]


def test_a_deleted_handler_is_gone(home):
    home.metadata.put_handler(handler(), overwrite=False)

    assert home.metadata.delete_handler("h")
    assert not home.metadata.delete_handler("h")
    assert [] == home.metadata.list_handlers()


# --- snapshots ------------------------------------------------------------------------


def test_a_snapshot_is_kept_once_under_its_digest(home):
    home.metadata.put_snapshot("d1", b'{"name":"w"}')
    home.metadata.put_snapshot("d1", b'{"name":"w"}')

    assert b'{"name":"w"}' == home.metadata.find_snapshot("d1")
    assert home.metadata.find_snapshot("d2") is None
