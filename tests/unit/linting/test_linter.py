"""What the linter finds, rule by rule, and where."""

import re
from pathlib import Path

import pytest

from podium.decider.operators import KNOWN_TYPES
from podium.linting.findings import RULES, LintFinding, read_path, write_path
from podium.linting.linter import MOST_TASKS, Surroundings, lint, lint_task
from podium.model.task_definition import TaskDef
from podium.model.workflow_definition import WorkflowDef
from world import do_while, fork_join, inline, join_on, simple, task


def reads(ref, *names, **fields):
    """Return a task that reads the outputs of others."""
    given = {f"x{number}": f"${{{name}.output}}" for number, name in enumerate(names)}
    return simple(ref, inputParameters=given, **fields)


def switch(ref, cases, default=(), **fields):
    fields.setdefault("expression", "which")
    fields.setdefault("inputParameters", {"which": "${workflow.input.which}"})
    return task(
        "SWITCH",
        ref,
        evaluatorType=fields.pop("evaluatorType", "value-param"),
        decisionCases=cases,
        defaultCase=list(default),
        **fields,
    )


def terminate(ref="end"):
    return task("TERMINATE", ref, inputParameters={"terminationStatus": "COMPLETED"})


def fork_dynamic(ref="dynamic"):
    return task(
        "FORK_JOIN_DYNAMIC",
        ref,
        inputParameters={"tasks": "${workflow.input.t}", "inputs": {}},
        dynamicForkTasksParam="tasks",
        dynamicForkTasksInputParamName="inputs",
    )


def child(ref="sub", name="child", **params):
    return task("SUB_WORKFLOW", ref, subWorkflowParam={"name": name, **params})


NOTHING_KNOWN = Surroundings()


def found(*tasks, surroundings=NOTHING_KNOWN, **fields):
    definition = {"name": "w", "schemaVersion": 2, "tasks": list(tasks), **fields}
    findings = lint(WorkflowDef.from_json(definition), surroundings)
    return [(finding.rule, finding.path) for finding in findings]


# --- what has run before --------------------------------------------------------------

FINE = {
    "one after the other": [simple("a"), reads("b", "a")],
    "the switch itself": [switch("s", {"1": [reads("a", "s")]}), reads("b", "s")],
    "a case that may have run": [switch("s", {"1": [simple("a")]}), reads("b", "a")],
    "within a case": [switch("s", {"1": [simple("a"), reads("b", "a")]})],
    "joined branches": [
        fork_join([simple("a")], [simple("b")]),
        join_on("a", "b"),
        reads("c", "a", "b", "join"),
    ],
    "what ran before a joined task": [
        fork_join([simple("a"), simple("b")], [simple("c")]),
        join_on("b", "c"),
        reads("d", "a"),
    ],
    "a case in a joined branch": [
        fork_join([switch("s", {"1": [simple("a")]}), simple("b")], [simple("c")]),
        join_on("b", "c"),
        reads("d", "a"),
    ],
    "a loop's body, before and after": [
        do_while(reads("a", "b"), simple("b")),
        reads("c", "a", "b", "loop"),
    ],
    "a loop that reads itself": [do_while(reads("a", "a", "loop"))],
    "a loop's own inputs": [
        do_while(simple("a"), inputParameters={"x": "${a.output.y}"})
    ],
    "nested loops": [
        do_while(
            do_while(reads("a", "b"), ref="inner", condition="$.inner.iteration < 2"),
            simple("b"),
        )
    ],
    "what a dynamic fork has made": [
        fork_dynamic(),
        join_on(),
        switch("s", {"1": [reads("a", "made")]}),
    ],
    "the workflow": [
        simple("a", inputParameters={"x": "${workflow.input.y} ${workflow.workflowId}"})
    ],
    "a secret, an environment variable, its own id": [
        simple(
            "a",
            inputParameters={
                "x": ["${workflow.secrets.s}", "${workflow.env.e}", "${CPEWF_TASK_ID}"]
            },
        )
    ],
    "what is not an expression": [simple("a", inputParameters={"x": "$${b.output}"})],
    "a nested expression": [
        simple("a", inputParameters={"x": "${workflow.input.${workflow.input.key}}"})
    ],
    "a variable that is set later": [
        do_while(
            simple("a", inputParameters={"x": "${workflow.variables.v}"}),
            task("SET_VARIABLE", "set", inputParameters={"v": 1}),
        )
    ],
    "after a case that ends the workflow": [
        switch("s", {"1": [terminate()]}),
        simple("a"),
    ],
}


@pytest.mark.parametrize("tasks", FINE.values(), ids=FINE.keys())
def test_nothing_is_found(tasks):
    assert [] == found(*tasks)


WRONG = {
    "later in the sequence": (
        [switch("s", {"1": [reads("a", "b")]}), simple("b")],
        ("never-before", "tasks[0].decisionCases.1[0].inputParameters.x0"),
    ),
    "in another case": (
        [switch("s", {"1": [reads("a", "b")]}, [simple("b")])],
        ("never-before", "tasks[0].decisionCases.1[0].inputParameters.x0"),
    ),
    "in a case after which the workflow has ended": (
        [switch("s", {"1": [simple("a"), terminate()]}), reads("b", "a")],
        ("never-before", "tasks[1].inputParameters.x0"),
    ),
    "in a branch beside it": (
        [fork_join([reads("a", "b")], [simple("b")]), join_on("a", "b")],
        ("race", "tasks[0].forkTasks[0][0].inputParameters.x0"),
    ),
    "in a branch that nothing joins": (
        [fork_join([simple("a")], [simple("b")]), join_on("a"), reads("c", "b")],
        ("race", "tasks[2].inputParameters.x0"),
    ),
    "itself": ([reads("a", "a")], ("own-output", "tasks[0].inputParameters.x0")),
    "nobody, at the top": (
        [reads("a", "b")],
        ("unknown-reference", "tasks[0].inputParameters.x0"),
    ),
    "nobody, in a branch": (
        [fork_join([reads("a", "b")]), join_on("a")],
        ("unknown-reference", "tasks[0].forkTasks[0][0].inputParameters.x0"),
    ),
    "nobody, before a dynamic fork": (
        [switch("s", {"1": [reads("a", "b")]}), fork_dynamic(), join_on()],
        ("unknown-reference", "tasks[0].decisionCases.1[0].inputParameters.x0"),
    ),
    "deep in a value": (
        [simple("a", inputParameters={"x": [{"y": "is ${b.output.z}"}]})],
        ("unknown-reference", "tasks[0].inputParameters.x[0].y"),
    ),
    "in a child's name": (
        [child(name="${b.output.name}")],
        ("unknown-reference", "tasks[0].subWorkflowParam.name"),
    ),
    "in a sink": (
        [task("EVENT", "a", sink="conductor:${b.output}")],
        ("unknown-reference", "tasks[0].sink"),
    ),
    "in what a loop goes over": (
        [do_while(simple("a"), items="${b.output.list}")],
        ("unknown-reference", "tasks[0].items"),
    ),
    "no field of a task": (
        [simple("a"), simple("b", inputParameters={"x": "${a.result.y}"})],
        ("unknown-field", "tasks[1].inputParameters.x"),
    ),
    "no field of a workflow": (
        [simple("a", inputParameters={"x": "${workflow.inputs.y}"})],
        ("unknown-field", "tasks[0].inputParameters.x"),
    ),
    "a variable that nothing sets": (
        [simple("a", inputParameters={"x": "${workflow.variables.v}"})],
        ("unset-variable", "tasks[0].inputParameters.x"),
    ),
    "a brace that is not closed": (
        [simple("a", inputParameters={"x": "${workflow.input.y"})],
        ("no-expression", "tasks[0].inputParameters.x"),
    ),
}


@pytest.mark.parametrize(("tasks", "expected"), WRONG.values(), ids=WRONG.keys())
def test_what_a_task_reads(tasks, expected):
    assert [expected] == found(*tasks)


def test_what_the_output_reads_may_be_of_any_task_that_there_is():
    tasks = [switch("s", {"1": [simple("a")]})]
    output = {"x": "${a.output.y}", "z": "${b.output}"}

    assert [("unknown-reference", "outputParameters.z")] == found(
        *tasks, outputParameters=output
    )


def test_conductors_message_is_told_once_and_with_its_place():
    definition = WorkflowDef.from_json({"name": "w", "tasks": [reads("a", "b")]})

    assert [
        LintFinding(
            "unknown-reference",
            ("tasks", 0, "inputParameters", "x0"),
            "taskReferenceName: b for given task: a input value: x0 of input parameter:"
            " ${b.output} is not defined in workflow definition.",
            "${b.output}",
        )
    ] == lint(definition)


def test_a_variable_with_an_initial_value_is_set():
    tasks = [simple("a", inputParameters={"x": "${workflow.variables.v}"})]

    assert [] == found(*tasks, variables={"v": None})


# --- the way through ------------------------------------------------------------------

CONTROL = {
    "after the end": (
        [terminate(), simple("a"), simple("b")],
        [("unreachable", "tasks[1]")],
    ),
    "after a switch that always ends": (
        [switch("s", {"1": [terminate()]}, [terminate("other")]), simple("a")],
        [("unreachable", "tasks[1]")],
    ),
    "after a loop that ends the workflow": (
        [do_while(terminate()), simple("a")],
        [("unreachable", "tasks[1]")],
    ),
    "within a case": (
        [switch("s", {"1": [terminate(), simple("a")]})],
        [("unreachable", "tasks[0].decisionCases.1[1]")],
    ),
    "cases of what is no switch": (
        [simple("a", decisionCases={"1": [simple("b")]})],
        [("ignored-branch", "tasks[0].decisionCases.1")],
    ),
    "a body of what is no loop": (
        [simple("a", loopOver=[simple("b")])],
        [("ignored-branch", "tasks[0].loopOver")],
    ),
    "a fork without a join": (
        [fork_join([simple("a")]), simple("b")],
        [("no-join", "tasks[0]")],
    ),
    "a dynamic fork at the end": ([fork_dynamic()], [("no-join", "tasks[0]")]),
    "a join on nobody": (
        [fork_join([simple("a")]), join_on("a", "b")],
        [("join-unknown", "tasks[1].joinOn[1]")],
    ),
    "a join on what comes later": (
        [fork_join([simple("a")]), join_on("a", "b"), simple("b")],
        [("join-never", "tasks[1].joinOn[1]")],
    ),
    "a join on a case": (
        [
            fork_join([switch("s", {"1": [simple("a")]})], [simple("b")]),
            join_on("a", "b"),
        ],
        [("join-may-wait", "tasks[1].joinOn[0]")],
    ),
    "a join on a switch": (
        [
            fork_join([switch("s", {"1": [simple("a")]})], [simple("b")]),
            join_on("s", "b"),
        ],
        [("join-may-wait", "tasks[1].joinOn[0]")],
    ),
    "a join after a dynamic fork": ([fork_dynamic(), join_on("whoever")], []),
    "an exclusive join on nobody": (
        [task("EXCLUSIVE_JOIN", "x", joinOn=["a"], defaultExclusiveJoinTask=["b"])],
        [
            ("join-unknown", "tasks[0].defaultExclusiveJoinTask[0]"),
            ("join-unknown", "tasks[0].joinOn[0]"),
        ],
    ),
    "a loop without an end": (
        [do_while(simple("a"), condition="true")],
        [("endless-loop", "tasks[0].loopCondition")],
    ),
    "a loop whose condition nothing changes": (
        [do_while(simple("a"), condition="$.n < 3", inputParameters={"n": 1})],
        [("endless-loop", "tasks[0].loopCondition")],
    ),
    "a loop that is over at once": ([do_while(simple("a"), condition="false")], []),
    "a loop that a list ends": (
        [do_while(simple("a"), condition="true", items=[1, 2])],
        [],
    ),
    "a loop that may end the workflow": (
        [do_while(switch("s", {"1": [terminate()]}), condition="true")],
        [],
    ),
    "a loop over what may change": (
        [
            do_while(
                simple("a"),
                condition="$.n < 3",
                inputParameters={"n": "${workflow.input.n}"},
            )
        ],
        [],
    ),
}


@pytest.mark.parametrize(("tasks", "expected"), CONTROL.values(), ids=CONTROL.keys())
def test_the_way_through(tasks, expected):
    assert expected == found(*tasks)


# --- inputs that are read by name -----------------------------------------------------

PARAMETERS = {
    "a switch on an input that is not there": (
        [switch("s", {"1": [simple("a")]}, expression="other")],
        [("unknown-input", "tasks[0].expression")],
    ),
    "a script of a switch": (
        [
            switch(
                "s",
                {"1": [simple("a")]},
                evaluatorType="javascript",
                expression="$.which + $.other",
            )
        ],
        [("unknown-input", "tasks[0].expression")],
    ),
    "an inline script": (
        [inline("a", "$.x + $.y", x=1)],
        [("unknown-input", "tasks[0].inputParameters.expression")],
    ),
    "a condition": (
        [do_while(simple("a"), condition="$.loop.iteration < $.most && $.a.done")],
        [("unknown-input", "tasks[0].loopCondition")],
    ),
    "a script that hides what it reads": ([inline("a", "$[key]", key="x")], []),
    "a dynamic name": (
        [task("DYNAMIC", "a", dynamicTaskNameParam="name")],
        [("missing-parameter", "tasks[0].dynamicTaskNameParam")],
    ),
    "a dynamic fork": (
        [
            task(
                "FORK_JOIN_DYNAMIC",
                "a",
                dynamicForkTasksParam="tasks",
                dynamicForkTasksInputParamName="inputs",
                inputParameters={"tasks": []},
            ),
            join_on(),
        ],
        [("missing-parameter", "tasks[0].dynamicForkTasksInputParamName")],
    ),
    "no such evaluator": (
        [switch("s", {"1": [simple("a")]}, evaluatorType="js")],
        [("unknown-evaluator", "tasks[0].evaluatorType")],
    ),
    "no such evaluator of an inline task": (
        [inline("a", "1", evaluatorType="python")],
        [("unknown-evaluator", "tasks[0].inputParameters.evaluatorType")],
    ),
}


@pytest.mark.parametrize(
    ("tasks", "expected"), PARAMETERS.values(), ids=PARAMETERS.keys()
)
def test_inputs_that_are_read_by_name(tasks, expected):
    assert expected == found(*tasks)


def test_a_template_gives_inputs_too():
    registered = TaskDef(name="a", input_template={"y": 1})
    surroundings = Surroundings({"a": registered}.get)

    assert [] == found(inline("a", "$.y"), surroundings=surroundings)


# --- types and children ---------------------------------------------------------------


def test_a_type_that_nobody_runs_is_an_error_that_names_the_known_ones():
    definition = WorkflowDef.from_json({"name": "w", "tasks": [task("SIMPEL", "a")]})

    (finding,) = lint(definition)

    assert ("unknown-type", "tasks[0].type") == (finding.rule, finding.path)
    assert finding.message.startswith("Unknown task type: SIMPEL, taskName: a.")
    assert all(kind in finding.message for kind in KNOWN_TYPES)


@pytest.mark.parametrize("name", ["named", "MY_OWN"])
def test_a_type_with_a_task_definition_is_a_workers(name):
    surroundings = Surroundings({name: TaskDef(name=name)}.get)

    assert [] == found(task("MY_OWN", "a", name="named"), surroundings=surroundings)


def test_a_type_with_an_inline_task_definition_is_a_workers():
    assert [] == found(task("MY_OWN", "a", taskDefinition={"name": "a"}))


def _knows(name, version):
    return (name, version) in {("known", None), ("known", 2)}


@pytest.mark.parametrize(
    ("params", "is_known"),
    [
        ({"name": "known"}, True),
        ({"name": "known", "version": 2}, True),
        ({"name": "known", "version": 3}, False),
        ({"name": "unknown"}, False),
        ({"name": "${workflow.input.name}"}, True),
    ],
)
def test_a_child_that_is_not_registered_is_warned_of(params, is_known):
    surroundings = Surroundings(has_workflow=_knows)
    expected = [("unknown-workflow", "tasks[0].subWorkflowParam.name")]

    assert ([] if is_known else expected) == found(
        child(**params), surroundings=surroundings
    )


def test_a_failure_workflow_that_is_not_registered_is_warned_of():
    surroundings = Surroundings(has_workflow=_knows)

    assert [("unknown-workflow", "failureWorkflow")] == found(
        simple("a"), surroundings=surroundings, failureWorkflow="unknown"
    )


def test_a_workflow_that_always_runs_itself_has_no_end():
    assert [("endless-recursion", "tasks[0].subWorkflowParam.name")] == found(
        child(name="w")
    )


def test_a_workflow_that_may_run_itself_is_fine():
    assert [] == found(switch("s", {"1": [child(name="w")]}))


def test_a_child_that_is_written_in_the_definition_is_looked_at_too():
    inner = {"name": "inner", "tasks": [reads("a", "outside")]}
    path = "tasks[1].subWorkflowParam.workflowDefinition.tasks[0].inputParameters.x0"

    assert [("unknown-reference", path)] == found(
        simple("outside"), child(workflowDefinition=inner)
    )


# --- schemas and caches ---------------------------------------------------------------


def _schema(data=None, kind="JSON", **fields):
    return {"name": "s", "version": 1, "type": kind, "data": data, **fields}


@pytest.mark.parametrize(
    ("schema", "fields", "expected"),
    [
        (_schema({"type": "object"}), {}, []),
        (_schema({"type": "objekt"}), {}, [("broken-schema", "inputSchema.data")]),
        (
            _schema({"$ref": "https://example.com/s"}),
            {},
            [("broken-schema", "inputSchema.data")],
        ),
        (_schema(None), {}, [("schema-not-enforced", "inputSchema")]),
        (_schema({"a": 1}, "AVRO"), {}, [("schema-not-enforced", "inputSchema")]),
        (_schema(None, externalRef="x"), {"enforceSchema": False}, []),
    ],
)
def test_the_schema_of_a_workflow(schema, fields, expected):
    assert expected == found(simple("a"), inputSchema=schema, **fields)


@pytest.mark.parametrize("is_enforced", [True, False])
def test_the_schema_of_an_inline_task_definition(is_enforced):
    definition = {
        "name": "a",
        "enforceSchema": is_enforced,
        "outputSchema": _schema(None, "PROTOBUF"),
    }
    path = "tasks[0].taskDefinition.outputSchema"

    assert ([("schema-not-enforced", path)] if is_enforced else []) == found(
        simple("a", taskDefinition=definition)
    )


def test_what_is_not_remembered_is_warned_of():
    cache = {"key": "${x}", "ttlInSecond": 1}

    assert [
        ("not-followed", "tasks[1].cacheConfig"),
    ] == found(
        simple("a", cacheConfig=cache),
        task("NOOP", "b", cacheConfig=cache),
        cacheConfig=cache,
    )


# --- findings -------------------------------------------------------------------------


def test_every_finding_is_found_at_once_in_the_order_of_the_definition():
    findings = found(
        reads("a", "nobody"),
        fork_join([simple("b")]),
        join_on("c"),
        task("SIMPEL", "d"),
        failureWorkflow="unknown",
        schemaVersion=1,
        surroundings=Surroundings(has_workflow=_knows),
    )

    assert [
        ("unknown-workflow", "failureWorkflow"),
        ("conductor", "schemaVersion"),
        ("unknown-reference", "tasks[0].inputParameters.x0"),
        ("join-unknown", "tasks[2].joinOn[0]"),
        ("unknown-type", "tasks[3].type"),
    ] == findings


def test_a_finding_as_json():
    finding = LintFinding("race", ("tasks", 2, "decisionCases", "a", 0), "late", "x")

    assert {
        "severity": "WARNING",
        "path": "tasks[2].decisionCases.a[0]",
        "rule": "race",
        "message": "late",
        "value": "x",
    } == finding.to_json()


@pytest.mark.parametrize(
    ("written", "steps"),
    [
        ("", ()),
        ("tasks[0].name", ("tasks", 0, "name")),
        (
            "tasks[0].decisionCases[one][1].name",
            ("tasks", 0, "decisionCases", "one", 1, "name"),
        ),
    ],
)
def test_a_path_of_bean_validation_is_read(written, steps):
    assert steps == read_path(written)


def test_a_path_that_is_written_is_read_again():
    steps = ("tasks", 0, "inputParameters", "x", 2)

    assert steps == read_path(write_path(steps))


def test_a_task_definition_is_linted_too():
    definition = TaskDef(name="", retry_count=-1)

    assert {"name", "retryCount"} == {one.path for one in lint_task(definition)}
    assert all(one.is_error for one in lint_task(definition))


def test_a_definition_of_many_tasks_is_followed_up_to_a_limit():
    tasks = [reads(f"t{number}", f"t{number - 1}") for number in range(1, MOST_TASKS)]

    assert [] == found(simple("t0"), *tasks)
    assert [] == found(simple("t0"), *tasks, terminate(), simple("a"))


def test_every_rule_is_one_that_some_test_above_breaks():
    shown = {rule for _, rules in CONTROL.values() for rule, _ in rules}
    shown |= {rule for _, (rule, _) in WRONG.values()}
    shown |= {rule for _, rules in PARAMETERS.values() for rule, _ in rules}
    shown |= {"conductor", "unknown-type", "unknown-workflow", "endless-recursion"}
    shown |= {"broken-schema", "schema-not-enforced", "not-followed"}

    assert set(RULES) == shown


def test_every_rule_is_in_the_documents_with_its_severity():
    text = (Path(__file__).parents[3] / "docs" / "linting.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", text, re.MULTILINE)

    assert {rule: severity.lower() for rule, severity in RULES.items()} == dict(rows)
