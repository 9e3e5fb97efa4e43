"""Parsed definitions are kept, and never shown once their row has changed."""

from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef


def test_a_definition_is_parsed_once(sqlite):
    sqlite.home.metadata.put_task(TaskDef(name="t"))

    first = sqlite.home.metadata.find_task("t")

    assert first is sqlite.home.metadata.find_task("t")


def test_a_change_by_another_process_shows_at_once(open_at, path):
    one, other = open_at(path), open_at(path)
    one.home.metadata.put_workflow(WorkflowDef(name="w"), overwrite=True)
    other.home.metadata.find_workflow("w", None)

    changed = WorkflowDef(name="w", description="changed")
    one.home.metadata.put_workflow(changed, overwrite=True)
    assert changed == other.home.metadata.find_workflow("w", None)

    one.home.metadata.delete_workflow("w", 1)
    assert other.home.metadata.find_workflow("w", None) is None


def test_a_change_that_was_rolled_back_never_shows(sqlite, rolled_back):
    metadata = sqlite.home.metadata
    metadata.put_task(TaskDef(name="t", retry_count=1))
    metadata.find_task("t")

    with rolled_back(sqlite):
        metadata.put_task(TaskDef(name="t", retry_count=2))
        assert 2 == metadata.find_task("t").retry_count

    assert 1 == metadata.find_task("t").retry_count
    metadata.put_task(TaskDef(name="t", retry_count=3))
    assert 3 == metadata.find_task("t").retry_count
