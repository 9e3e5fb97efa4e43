"""Payloads outside of requests and answers: reference 4.13, 1.1 #25, 1.3 and 1.11."""

import json
import re
from datetime import UTC, datetime

import pytest

from podium.decider.payload_limits import MOST
from podium.errors import InvalidInput
from podium.service.external_payloads import TASK_THRESHOLD, WORKFLOW_THRESHOLD
from world import inline, simple, task

BASE = "http://podium.test:8080"
FOLDERS = {
    "WORKFLOW_INPUT": "workflow/input",
    "WORKFLOW_OUTPUT": "workflow/output",
    "TASK_INPUT": "task/input",
    "TASK_OUTPUT": "task/output",
}
DOCUMENT = {"x": 1, "name": "é"}
FRAME = len("""{"text":""}""")


def _locate(world, path, operation, kind):
    return world.podium.external_payloads.location(path, operation, kind, BASE)


def _write(world, kind, document):
    """Do what an SDK does with a payload that is too large; return its path."""
    found = _locate(world, "", "WRITE", kind)
    world.opened.home.payloads.put(found.path, json.dumps(document).encode())
    return found.path


def _read(world, path):
    return json.loads(world.opened.home.payloads.get(path))


def _text(size):
    return "x" * size


# --- places --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FOLDERS)
@pytest.mark.parametrize("write", [str.upper, str.lower])
def test_1_1_a_new_place_for_each_payload(world, kind, write):
    first, second = (_locate(world, "", write("WRITE"), write(kind)) for _ in range(2))

    assert re.fullmatch(rf"{FOLDERS[kind]}/[0-9a-f-]{{36}}\.json", first.path)
    assert first.path != second.path
    assert first.uri.startswith("http")


@pytest.mark.parametrize("operation", ["READ", "WRITE"])
def test_1_1_a_path_that_is_given_is_the_place(world, operation):
    path = "task/output/1f0e.json"

    assert path == _locate(world, path, operation, "TASK_OUTPUT").path


@pytest.mark.parametrize(
    ("operation", "kind"),
    [("DELETE", "TASK_INPUT"), ("READ", "NOTHING"), ("read it", "task input")],
)
def test_1_11_a_place_of_what_there_is_not(world, operation, kind):
    with pytest.raises(InvalidInput) as refused:
        _locate(world, "x", operation, kind)

    expected = f"Invalid input - Operation: {operation}, PayloadType: {kind}"
    assert expected == refused.value.message


@pytest.mark.parametrize(
    "path",
    [
        "journal/1/1.entry",
        "archive/a.gz",
        "task/output/../x",
        "task/output/..",
        "/task/output/x",
    ],
)
def test_1_1_what_is_no_external_payload_has_no_place(world, path):
    with pytest.raises(InvalidInput):
        _locate(world, path, "READ", "TASK_OUTPUT")


def test_1_1_a_copy_made_for_an_answer_is_read_and_not_written(world):
    path = "answers/2026-01-31/task/output/1.json"

    assert path == _locate(world, path, "READ", "TASK_OUTPUT").path
    with pytest.raises(InvalidInput):
        _locate(world, path, "WRITE", "TASK_OUTPUT")


# --- what clients lay aside ----------------------------------------------------------


def test_4_13_a_workflow_is_evaluated_with_its_external_input(world):
    path = _write(world, "WORKFLOW_INPUT", DOCUMENT)
    given = {"x": "${workflow.input.x}", "name": "${workflow.input.name}"}
    world.register("tested", [simple("t", inputParameters=given)])

    started = world.start("tested", externalInputPayloadStoragePath=path)

    shown = world.workflow(started)
    assert ({}, path) == (shown["input"], shown["externalInputPayloadStoragePath"])
    assert DOCUMENT == world.take("t")["inputData"]


def test_4_13_the_next_task_reads_an_external_output(world):
    given = {"x": "${a.output.x}"}
    started = world.run([simple("a"), simple("b", inputParameters=given)])
    path = _write(world, "TASK_OUTPUT", DOCUMENT)

    world.report(world.take("a"), externalOutputPayloadStoragePath=path)

    shown = world.task(started, "a")
    assert ({}, path) == (
        shown["outputData"],
        shown["externalOutputPayloadStoragePath"],
    )
    assert {"x": 1} == world.take("b")["inputData"]


NOT_A_PAYLOADS = ["journal/1/1.entry", "archive/a.gz", "task/output/../x", "commands/1"]


@pytest.mark.parametrize("path", NOT_A_PAYLOADS)
def test_4_13_a_workflow_cannot_be_started_with_any_object_of_the_bucket(world, path):
    world.opened.home.payloads.put(path, b"{}")
    world.register("tested", [simple("t")])

    with pytest.raises(InvalidInput) as refused:
        world.start("tested", externalInputPayloadStoragePath=path)

    said = refused.value.message
    assert f"externalInputPayloadStoragePath: {path!r} is not the path of" in said


@pytest.mark.parametrize("path", NOT_A_PAYLOADS)
def test_4_13_a_task_cannot_report_any_object_of_the_bucket(world, path):
    world.opened.home.payloads.put(path, b"{}")
    started = world.run([simple("a")])
    polled = world.take("a")

    with pytest.raises(InvalidInput) as refused:
        world.report(polled, externalOutputPayloadStoragePath=path)

    said = refused.value.message
    assert f"externalOutputPayloadStoragePath: {path!r} is not the path of" in said
    assert "IN_PROGRESS" == world.status_of(started, "a")


def test_4_13_a_task_starts_no_workflow_with_any_object_of_the_bucket(world):
    world.register("other", [simple("t")])
    request = {"name": "other", "externalInputPayloadStoragePath": "archive/a.gz"}
    inputs = {"startWorkflow": request}
    started = world.run([task("START_WORKFLOW", "begin", inputParameters=inputs)])

    assert "FAILED" == world.status(started)
    reason = world.task(started, "begin")["reasonForIncompletion"]
    assert "externalInputPayloadStoragePath: 'archive/a.gz'" in reason


def test_4_13_a_blank_path_is_none(world):
    world.register("tested", [simple("t")])

    started = world.start("tested", DOCUMENT, externalInputPayloadStoragePath=" ")

    assert DOCUMENT == world.workflow(started)["input"]


def test_4_13_what_was_laid_aside_for_an_answer_may_be_handed_back_and_stays(world):
    started = world.run([simple("a"), simple("b")])
    world.complete("a", {"text": _text(TASK_THRESHOLD)})
    copy = world.task(started, "a")["externalOutputPayloadStoragePath"]

    world.report(world.take("b"), externalOutputPayloadStoragePath=copy)
    given = {"length": "${workflow.input.text}"}
    world.register("again", [simple("c", inputParameters=given)])
    again = world.start("again", externalInputPayloadStoragePath=copy)

    lasting = copy.removeprefix(copy[: copy.index("task/")])
    world.opened.home.payloads.delete([copy])
    shown = world.task(started, "b")["externalOutputPayloadStoragePath"]
    assert lasting == shown
    assert lasting == world.workflow(again)["externalInputPayloadStoragePath"]
    assert TASK_THRESHOLD == len(_read(world, lasting)["text"])


def test_4_13_what_was_laid_aside_too_long_ago_is_not_there_any_more(world):
    world.register("tested", [simple("t")])
    path = "answers/2001-01-01/workflow/input/1.json"

    with pytest.raises(InvalidInput, match="externalInputPayloadStoragePath: there is"):
        world.start("tested", externalInputPayloadStoragePath=path)


# --- what Podium lays aside ----------------------------------------------------------


def test_4_13_a_large_task_output_is_answered_as_a_path(world):
    given = {"size": "${a.output.text}"}
    started = world.run([simple("a"), simple("b", inputParameters=given)])
    output = {"text": _text(TASK_THRESHOLD)}

    world.complete("a", output)

    shown = world.task(started, "a")
    assert {} == shown["outputData"]
    path = shown["externalOutputPayloadStoragePath"]
    day = datetime.fromtimestamp(world.clock.now() / 1000, UTC).date()
    assert re.fullmatch(rf"answers/{day}/task/output/[0-9a-f-]{{36}}\.json", path)
    assert output == _read(world, path)
    polled = world.take("b")
    assert {} == polled["inputData"]
    path = polled["externalInputPayloadStoragePath"]
    assert {"size": output["text"]} == _read(world, path)


def test_4_13_what_is_just_within_the_threshold_is_in_the_answer(world):
    started = world.run([simple("a")])
    output = {"text": _text(TASK_THRESHOLD - FRAME)}

    world.complete("a", output)

    shown = world.task(started, "a")
    assert output == shown["outputData"]
    assert "externalOutputPayloadStoragePath" not in shown


def test_4_13_large_input_and_output_of_a_workflow_are_answered_as_paths(world):
    large = {"text": _text(WORKFLOW_THRESHOLD)}
    result = {"again": "${workflow.input.text}"}
    started = world.run([task("NOOP", "n")], large, outputParameters=result)

    shown = world.workflow(started)
    assert ({}, {}) == (shown["input"], shown["output"])
    assert large == _read(world, shown["externalInputPayloadStoragePath"])
    output = _read(world, shown["externalOutputPayloadStoragePath"])
    assert {"again": large["text"]} == output


def test_4_13_a_parent_gets_the_whole_output_of_its_child(world):
    result = {"text": "${workflow.input.text}"}
    world.register("child", [task("NOOP", "n")], outputParameters=result)
    inputs = {"text": "${workflow.input.text}"}
    param = {"name": "child"}
    sub = task("SUB_WORKFLOW", "sub", subWorkflowParam=param, inputParameters=inputs)
    length = inline("length", "$.text.length", text="${sub.output.text}")
    large = {"text": _text(WORKFLOW_THRESHOLD)}
    started = world.run([sub, length], large)

    assert WORKFLOW_THRESHOLD == world.output_of(started, "length")["result"]


# --- what is refused -----------------------------------------------------------------


def test_4_13_a_task_output_beyond_the_limit_fails_the_task(world):
    started = world.run([simple("a", optional=False)])
    polled = world.take("a")

    world.report(polled, output={"text": _text(MOST)})

    shown = world.task(started, "a")
    assert ("FAILED_WITH_TERMINAL_ERROR", {}) == (shown["status"], shown["outputData"])
    assert (
        f"The payload size: {MOST + FRAME} of task: {polled['taskId']} in "
        f"workflow: {started}  is greater than the permissible limit: {MOST} bytes"
    ) == shown["reasonForIncompletion"]
    assert "FAILED" == world.status(started)


def test_4_13_a_task_input_beyond_the_limit_fails_the_task(world):
    half = _text(MOST // 2)
    inputs = {"a": "${workflow.input.half}", "b": "${workflow.input.half}"}
    started = world.run([simple("t", inputParameters=inputs)], {"half": half})

    shown = world.task(started, "t")
    assert ("FAILED_WITH_TERMINAL_ERROR", {}) == (shown["status"], shown["inputData"])
    assert [] == world.poll("t")
    assert "FAILED" == world.status(started)


def test_4_13_a_workflow_input_beyond_the_limit_fails_the_workflow(world):
    started = world.run([simple("t")], {"text": _text(MOST)})

    shown = world.workflow(started)
    assert ("FAILED", {}, []) == (shown["status"], shown["input"], shown["tasks"])
    assert (
        f"The payload size: {MOST + FRAME} of workflow: {started} is "
        f"greater than the permissible limit: {MOST} bytes"
    ) == shown["reasonForIncompletion"]


def test_4_13_a_workflow_output_beyond_the_limit_fails_the_workflow(world):
    half = _text(MOST // 2)
    result = {"a": "${workflow.input.half}", "b": "${workflow.input.half}"}
    started = world.run([task("NOOP", "n")], {"half": half}, outputParameters=result)

    shown = world.workflow(started)
    assert ("FAILED", {}) == (shown["status"], shown["output"])
    assert "is greater than the permissible limit" in shown["reasonForIncompletion"]
