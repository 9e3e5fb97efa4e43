"""Secrets and variables in inputs: reference 4.12, 4.7 and 2.4 (runtimeMetadata)."""

import json

import pytest

from http_site import serving
from native_workers import NativeWorker
from podium_sdk import worker_task
from podium_sdk.native import native_workers
from podium_sdk.native.task_client import NativeTaskClient
from world import do_while, inline, simple, task

PASSWORD = "${workflow.secrets.PASSWORD}"
VALUE = "hunter2!"


@pytest.fixture
def world(world):
    world.keep_secret("PASSWORD", VALUE)
    world.keep_secret("ACCOUNT", json.dumps({"user": {"id": 7}, "key": "k-e-y"}))
    return world


def _with(ref, inputs, **fields):
    return simple(ref, inputParameters=inputs, **fields)


def everything_kept(world, started):
    """Return all that there is to be seen and stored of a workflow, as one text."""
    home = world.opened.home
    entries = world.podium.tasks._journals.entries(started, 1_000)
    row = home.index.find([started])[started]
    return f"{world.workflow(started)} {entries} {row}"


# --- workers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        (PASSWORD, VALUE),
        (f"Bearer {PASSWORD}", f"Bearer {VALUE}"),
        ({"deep": [PASSWORD, 1]}, {"deep": [VALUE, 1]}),
        ("${workflow.secrets.ACCOUNT.key}", "k-e-y"),
        ("${workflow.secrets.ACCOUNT.user.id}", 7),
        ("${workflow.secrets.ACCOUNT.user}", {"id": 7}),
        ("${workflow.secrets.ACCOUNT.nothing}", None),
        ("${workflow.secrets.PASSWORD.no.json}", None),
        ("${workflow.secrets.NOBODYS}", None),
        ("<${workflow.secrets.NOBODYS}>", "<>"),
        ("${workflow.secrets.not*a*name}", None),
    ],
)
def test_4_7_a_worker_gets_the_secrets(world, written, seen):
    started = world.run([_with("t", {"given": written})])
    assert written == world.input_of(started, "t")["given"]

    task = world.take("t")

    assert seen == task["inputData"]["given"]
    assert written == world.input_of(started, "t")["given"]


def test_4_12_secrets_are_nowhere_to_be_seen_afterwards(world):
    started = world.run([_with("t", {"given": PASSWORD}), _with("u", {"x": PASSWORD})])
    world.complete("t", {"ok": True})
    world.complete("u")

    kept = everything_kept(world, started)
    assert PASSWORD in kept
    assert VALUE not in kept


def test_4_12_variables_are_read_when_a_task_is_scheduled(home_name):
    from world import new_world

    with new_world({"REGION": "north"}) as world:
        started = world.run([_with("t", {"region": "${workflow.env.REGION}"})])
        assert {"region": "north"} == world.input_of(started, "t")


def test_4_7_the_next_task_that_comes_with_a_report_has_its_secrets(world):
    world.run([simple("t", "kind"), _with("u", {"x": PASSWORD}, name="kind")])

    following = world.update_and_poll(world.take("kind"))

    assert {"x": VALUE} == following["inputData"]


def test_4_7_a_native_worker_gets_them_too(world):
    seen = []

    @worker_task("kind")
    def kind(x: str) -> None:
        seen.append(x)

    world.run([_with("t", {"x": PASSWORD}, name="kind")])
    NativeWorker(world, kind).work()

    assert [VALUE] == seen


# --- what Podium runs ----------------------------------------------------------------


def test_3_2_http_sends_the_secret_and_keeps_the_reference(world):
    with serving() as site:
        request = {"uri": site.uri, "method": "POST", "headers": {"X-Key": PASSWORD}}
        call = task("HTTP", "call", inputParameters={"http_request": request})
        started = world.run([call])

        [(_, _, headers, _)] = site.requests
    assert VALUE == headers["X-Key"]
    assert "COMPLETED" == world.status(started)
    assert VALUE not in everything_kept(world, started)


def test_3_2_a_failure_does_not_tell_the_secret(world):
    request = {"uri": f"http://127.0.0.1:1/?key={PASSWORD}", "method": "GET"}
    call = task("HTTP", "call", inputParameters={"http_request": request})
    started = world.run([call])

    assert "FAILED" == world.status(started)
    assert VALUE not in everything_kept(world, started)


def test_3_9_an_event_of_conductors_own_has_the_reference(world):
    tell = task("EVENT", "tell", sink="conductor", inputParameters={"x": PASSWORD})
    started = world.run([tell])

    assert PASSWORD == world.output_of(started, "tell")["x"]
    assert VALUE not in everything_kept(world, started)


def test_3_3_scripts_compute_with_the_secret(world):
    started = world.run(
        [
            inline("script", "$.value + '?'", value=PASSWORD),
            task(
                "JSON_JQ_TRANSFORM",
                "jq",
                inputParameters={"queryExpression": "{out: .s}", "s": PASSWORD},
            ),
            task("SET_VARIABLE", "set", inputParameters={"kept": PASSWORD}),
        ]
    )

    assert f"{VALUE}?" == world.output_of(started, "script")["result"]
    assert PASSWORD == world.input_of(started, "script")["value"]
    assert {"out": VALUE} == world.output_of(started, "jq")["result"]
    assert PASSWORD == world.input_of(started, "jq")["s"]
    assert {"kept": VALUE} == world.workflow(started)["variables"]
    assert {"kept": PASSWORD} == world.input_of(started, "set")


def test_3_3_a_script_that_fails_does_not_tell_the_secret(world):
    script = inline("script", "throw new Error($.value)", value=PASSWORD)
    started = world.run([script])

    assert "FAILED" == world.status(started)
    assert VALUE not in everything_kept(world, started)


def test_3_3_a_script_in_a_loop_asks_each_time(world):
    body = inline("script", "$.value", value=PASSWORD)
    started = world.run([do_while(body)])

    assert VALUE == world.output_of(started, "script__2")["result"]


def test_3_7_a_child_is_given_the_reference(world):
    world.register("child", [inline("script", "$.v", v="${workflow.input.v}")])
    param = {"name": "child"}
    started = world.run(
        [
            task(
                "SUB_WORKFLOW",
                "sub",
                subWorkflowParam=param,
                inputParameters={"v": PASSWORD},
            )
        ]
    )

    child = world.task(started, "sub")["subWorkflowId"]
    assert {"v": PASSWORD} == world.workflow(child)["input"]
    assert VALUE == world.output_of(child, "script")["result"]


# --- what tasks declare --------------------------------------------------------------


def test_2_4_declared_names_are_resolved_at_poll_alone(home_name):
    from world import new_world

    with new_world({"REGION": "north"}) as world:
        world.keep_secret("PASSWORD", VALUE)
        names = ["PASSWORD", "REGION", "MISSING"]
        world.register_task("t", runtimeMetadata=names)
        started = world.run([simple("t")])

        polled = world.take("t")

        assert {"PASSWORD": VALUE, "REGION": "north"} == polled["runtimeMetadata"]
        assert "runtimeMetadata" not in world.task(started, "t")


def test_2_4_a_native_worker_has_the_variables_of_its_own_environment(world):
    world.register_task("t", runtimeMetadata=["PASSWORD", "REGION"])
    world.run([simple("t")])

    @worker_task("t")
    def declaring() -> None:
        """Use what was declared."""

    own = native_workers(world.opened.home, {"REGION": "south"})
    client = NativeTaskClient(own, longest_wait=0)

    [taken] = client.poll(declaring, "me", 1)

    assert {"PASSWORD": VALUE, "REGION": "south"} == taken.runtime_metadata


def test_2_4_what_is_named_at_run_time_declares_as_well(world):
    world.register_task("late", runtimeMetadata=["PASSWORD"])
    dynamic = task(
        "DYNAMIC",
        "d",
        dynamicTaskNameParam="kind",
        inputParameters={"kind": "late"},
    )
    world.run([dynamic])

    assert {"PASSWORD": VALUE} == world.take("late")["runtimeMetadata"]


def test_2_4_without_declared_names_there_is_no_metadata(world):
    world.run([simple("t")])

    assert "runtimeMetadata" not in world.take("t")


# --- the API -------------------------------------------------------------------------


def test_1_5_secrets_are_listed_by_name(world):
    assert ["ACCOUNT", "PASSWORD"] == world.podium.environment.secret_names()


def test_1_5_variables_are_shown(home_name):
    from world import new_world

    with new_world({"REGION": "north", "A": "1"}) as world:
        shown = world.podium.environment
        assert [
            {"name": "A", "value": "1"},
            {"name": "REGION", "value": "north"},
        ] == shown.variables()
        assert "north" == shown.variable("REGION")
        assert "" == shown.variable("NOBODYS")
