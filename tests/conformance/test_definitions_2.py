"""The rules of reference 2.2 and 2.3: what a workflow is refused for, word by word.

Each case's id begins with the reference's section.
"""

import pytest

from podium.model.parameter_references import is_path
from podium.model.task_definition import TaskDef
from podium.model.validation import check_workflow_definition
from podium.model.workflow_definition import WorkflowDef


def _unregistered(_name):
    return None


def _findings(definition, known=_unregistered, **options):
    checked = check_workflow_definition(
        WorkflowDef.from_json(definition), known, **options
    )
    return [(finding.path, finding.message) for finding in checked]


def _simple(ref="a", **fields):
    return {"name": ref, "taskReferenceName": ref, **fields}


def _of(*tasks, **fields):
    return {"name": "w", "tasks": list(tasks), **fields}


REPEATED = (
    "taskReferenceName: a should be unique across tasks for a given "
    "workflowDefinition: w"
)

DEFINITIONS = {
    "2.2-fine": (_of(_simple()), []),
    "2.2-name": (
        {"tasks": [_simple()]},
        [("name", "WorkflowDef name cannot be null or empty")],
    ),
    "2.2-tasks": ({"name": "w"}, [("tasks", "WorkflowTask list cannot be empty")]),
    "2.2-schema-version": (
        _of(_simple(), schemaVersion=1),
        [("schemaVersion", "workflowDef schemaVersion: 2 is only supported")],
    ),
    "2.2-unique-top": (_of(_simple(), _simple()), [("", REPEATED)]),
    "2.2-unique-nested": (
        _of(
            _simple(),
            _simple(
                "loop", type="DO_WHILE", loopCondition="true", loopOver=[_simple()]
            ),
        ),
        [("", REPEATED)],
    ),
    "2.2-reference-to-nested-task": (
        _of(
            _simple("fork", type="FORK_JOIN", forkTasks=[[_simple("in")]]),
            _simple(inputParameters={"x": "${in.output.y}"}),
        ),
        [],
    ),
    "2.2-reference-unknown": (
        _of(_simple(inputParameters={"x": "${b.output.y} of ${workflow.input.z}"})),
        [
            (
                "",
                (
                    "taskReferenceName: b for given task: a input value: x of input "
                    "parameter: ${b.output.y} of ${workflow.input.z} is not defined "
                    "in workflow definition."
                ),
            )
        ],
    ),
    "2.2-reference-unknown-in-list-and-map": (
        _of(_simple(inputParameters={"x": [{"y": "${b.output}"}, ["${c.output}"]]})),
        [
            (
                "",
                (
                    "taskReferenceName: b for given task: a input value: y of input "
                    "parameter: ${b.output} is not defined in workflow definition."
                ),
            ),
            (
                "",
                (
                    "taskReferenceName: c for given task: a input value: x of input "
                    "parameter: ${c.output} is not defined in workflow definition."
                ),
            ),
        ],
    ),
    "2.2-reference-in-nested-task-is-not-checked": (
        _of(
            _simple(
                "fork",
                type="FORK_JOIN",
                forkTasks=[[_simple(inputParameters={"x": "${b.output}"})]],
            )
        ),
        [],
    ),
    "2.2-reference-escaped": (
        _of(_simple(inputParameters={"x": "$${b.output}"})),
        [],
    ),
    "2.2-predefined-variable": (
        _of(_simple(inputParameters={"x": "${CPEWF_TASK_ID}"})),
        [],
    ),
    "2.2-bad-path": (
        _of(_simple(inputParameters={"x": "${workflow.input.}"})),
        [("", "key: x input parameter value: workflow.input. is not valid")],
    ),
    "2.3-name": (
        _of({"taskReferenceName": "a"}),
        [("tasks[0].name", "WorkflowTask name cannot be empty or null")],
    ),
    "2.3-reference-name": (
        _of({"name": "a"}),
        [
            (
                "tasks[0].taskReferenceName",
                "WorkflowTask taskReferenceName name cannot be empty or null",
            )
        ],
    ),
    "2.3-nested-tasks-are-checked": (
        _of(
            _simple(
                type="SWITCH",
                evaluatorType="value-param",
                expression="x",
                decisionCases={"one": [{"taskReferenceName": "b"}]},
                defaultCase=[{"taskReferenceName": "c"}],
            )
        ),
        [
            (
                "tasks[0].decisionCases[one][0].name",
                "WorkflowTask name cannot be empty or null",
            ),
            (
                "tasks[0].defaultCase[0].name",
                "WorkflowTask name cannot be empty or null",
            ),
        ],
    ),
    "2.3-loop-bodies-are-not-checked": (
        _of(
            _simple(
                type="DO_WHILE",
                loopCondition="true",
                loopOver=[{"taskReferenceName": "b", "type": "EVENT"}],
            )
        ),
        [],
    ),
    "2.3-start-delay": (
        _of(_simple(startDelay=-1)),
        [("tasks[0].startDelay", "must be greater than or equal to 0")],
    ),
}


@pytest.mark.parametrize(
    ("definition", "expected"), DEFINITIONS.values(), ids=DEFINITIONS.keys()
)
def test_definition(definition, expected):
    """The findings are Conductor's, with the path of what broke the rule."""
    assert expected == _findings(definition)


def _needs(field, task_type):
    return f"{field} field is required for taskType: {task_type} taskName: a"


def _needs_one(field, task_type):
    return f"{field} should have atleast one task for taskType: {task_type} taskName: a"


BRANCH = {"x": [_simple("b")]}
HTTP_NEEDS = _needs("inputParameters.http_request or inputParameters.uri", "HTTP")
BAD_STATUS = (
    "terminate task must have an terminationStatus parameter and must be set to "
    "COMPLETED or FAILED, taskName: a"
)
BOTH_TIMES = "Both 'duration' and 'until' specified. Please provide only one input"
NO_DURATION = "Either date or duration is passed as null "
NO_DATE = "Unable to parse date "


def _input(**values):
    return {"inputParameters": values}


# type, fields, messages
TYPES = [
    ("EVENT", {"sink": "conductor"}, []),
    ("EVENT", {}, [_needs("sink", "EVENT")]),
    ("DECISION", {"caseValueParam": "x", "decisionCases": BRANCH}, []),
    ("DECISION", {"caseExpression": "$.x", "decisionCases": BRANCH}, []),
    (
        "DECISION",
        {},
        [
            _needs("caseValueParam or caseExpression", "DECISION"),
            _needs_one("decisionCases", "DECISION"),
        ],
    ),
    (
        "SWITCH",
        {"evaluatorType": "value-param", "expression": "x", "decisionCases": BRANCH},
        [],
    ),
    (
        "SWITCH",
        {"decisionCases": BRANCH},
        [_needs("evaluatorType", "SWITCH")],
    ),
    (
        "SWITCH",
        {"evaluatorType": "javascript", "decisionCases": BRANCH},
        [_needs("expression", "SWITCH")],
    ),
    (
        "SWITCH",
        {"evaluatorType": "value-param", "expression": "x"},
        [_needs_one("decisionCases", "SWITCH")],
    ),
    ("DO_WHILE", {"loopCondition": "true", "loopOver": [_simple("b")]}, []),
    (
        "DO_WHILE",
        {"items": "${workflow.input.items}"},
        [_needs("loopCondition", "DO_WHILE"), _needs("loopOver", "DO_WHILE")],
    ),
    ("DYNAMIC", {"dynamicTaskNameParam": "x"}, []),
    ("DYNAMIC", {}, [_needs("dynamicTaskNameParam", "DYNAMIC")]),
    ("FORK_JOIN", {"forkTasks": [[_simple("b")]]}, []),
    ("FORK_JOIN", {}, [_needs_one("forkTasks", "FORK_JOIN")]),
    ("FORK_JOIN_DYNAMIC", _input(forkTaskInputs=[]), []),
    ("FORK_JOIN_DYNAMIC", {"dynamicForkJoinTasksParam": "x"}, []),
    (
        "FORK_JOIN_DYNAMIC",
        {"dynamicForkTasksParam": "x", "dynamicForkTasksInputParamName": "y"},
        [],
    ),
    (
        "FORK_JOIN_DYNAMIC",
        {"dynamicForkTasksParam": "x"},
        [_needs("dynamicForkTasksInputParamName", "FORK_JOIN_DYNAMIC")],
    ),
    (
        "FORK_JOIN_DYNAMIC",
        {},
        [
            _needs("dynamicForkTasksParam", "FORK_JOIN_DYNAMIC"),
            _needs("dynamicForkTasksInputParamName", "FORK_JOIN_DYNAMIC"),
        ],
    ),
    (
        "FORK_JOIN_DYNAMIC",
        {"dynamicForkJoinTasksParam": "x", "dynamicForkTasksParam": "y"},
        [
            (
                "dynamicForkJoinTasksParam or combination of "
                "dynamicForkTasksInputParamName and dynamicForkTasksParam cam be used "
                "for taskType: FORK_JOIN_DYNAMIC taskName: a"
            )
        ],
    ),
    ("HTTP", _input(http_request={}), []),
    ("HTTP", _input(uri="http://x", method="GET"), []),
    ("HTTP", {}, [HTTP_NEEDS]),
    (
        "HTTP",
        {"taskDefinition": {"name": "a", "inputTemplate": {"http_request": {}}}},
        [],
    ),
    ("KAFKA_PUBLISH", _input(kafka_request={}), []),
    ("KAFKA_PUBLISH", {}, [_needs("inputParameters.kafka_request", "KAFKA_PUBLISH")]),
    ("SUB_WORKFLOW", {"subWorkflowParam": {"name": "w2"}}, []),
    ("SUB_WORKFLOW", {}, [_needs("subWorkflowParam", "SUB_WORKFLOW")]),
    ("JSON_JQ_TRANSFORM", _input(queryExpression="."), []),
    (
        "JSON_JQ_TRANSFORM",
        {},
        [_needs("inputParameters.queryExpression", "JSON_JQ_TRANSFORM")],
    ),
    ("TERMINATE", _input(terminationStatus="COMPLETED"), []),
    ("TERMINATE", _input(terminationStatus="FAILED"), []),
    ("TERMINATE", _input(terminationStatus="TERMINATED"), []),
    ("TERMINATE", _input(terminationStatus="${workflow.input.status}"), []),
    ("TERMINATE", _input(terminationStatus="DONE"), [BAD_STATUS]),
    ("TERMINATE", {}, [BAD_STATUS]),
    (
        "TERMINATE",
        {"optional": True, **_input(terminationStatus="FAILED")},
        ["terminate task cannot be optional, taskName: a"],
    ),
    ("WAIT", {}, []),
    ("WAIT", _input(duration="1 days 2h 3 mins 4s"), []),
    ("WAIT", _input(duration="${workflow.input.wait}"), []),
    ("WAIT", _input(duration="soon"), [NO_DURATION]),
    ("WAIT", _input(until="2030-01-31"), []),
    ("WAIT", _input(until="2030-01-31 12:30"), []),
    ("WAIT", _input(until="2030-01-31 12:30 GMT"), []),
    ("WAIT", _input(until="${workflow.input.until}"), []),
    ("WAIT", _input(until="tomorrow"), [NO_DATE]),
    ("WAIT", _input(duration="1h", until="2030-01-31"), [BOTH_TIMES]),
    ("SIMPLE", {}, []),
    ("MY_OWN_TYPE", {}, []),
    ("INLINE", {}, []),
]


@pytest.mark.parametrize(
    ("task_type", "fields", "messages"),
    TYPES,
    ids=[f"2.3-{row[0]}-{index}" for index, row in enumerate(TYPES)],
)
def test_what_a_type_requires(task_type, fields, messages):
    """The type-specific checks of 2.3, all findings of a task at once."""
    found = _findings(_of(_simple(type=task_type, **fields)))

    assert [("tasks[0]", message) for message in messages] == found


@pytest.mark.parametrize(
    ("task_type", "key"),
    [
        ("HTTP", "http_request"),
        ("KAFKA_PUBLISH", "kafka_request"),
        ("JSON_JQ_TRANSFORM", "queryExpression"),
    ],
)
def test_2_3_a_registered_template_may_have_the_request(task_type, key):
    """The TaskDef of the task's name is looked at."""
    registered = {"a": TaskDef(name="a", input_template={key: "x"})}

    assert [] == _findings(_of(_simple(type=task_type)), registered.get)


@pytest.mark.parametrize(
    ("fields", "task_type"),
    [
        ({"evaluatorType": "javascript", "expression": "(("}, "SWITCH"),
        ({"caseExpression": "(("}, "DECISION"),
    ],
)
def test_2_3_scripts_are_checked_for_their_syntax_only(fields, task_type):
    """The engine's own words are in the message."""
    task = _simple(type=task_type, decisionCases=BRANCH, **fields)

    assert [
        (
            "tasks[0]",
            (
                "Expression is not well formatted: unexpected end, "
                f"taskType: {task_type} taskName a"
            ),
        )
    ] == _findings(_of(task), syntax=lambda _script: "unexpected end")


def test_2_3_other_evaluators_are_not_checked_for_syntax():
    """value-param is a name, graaljs is checked when it runs."""
    task = _simple(
        type="SWITCH",
        evaluatorType="graaljs",
        expression="((",
        decisionCases=BRANCH,
    )

    assert [] == _findings(_of(task), syntax=lambda _script: "unexpected end")


def test_2_2_an_environment_variable_may_be_referred_to():
    """Its name is not taken for a task."""
    definition = _of(_simple(inputParameters={"x": "${STAGE}"}))

    assert [] == _findings(definition, environment={"STAGE"})


def test_2_2_the_owner_is_asked_for_where_the_server_says_so():
    """Off by default, as in Conductor's server properties."""
    assert [("ownerEmail", "ownerEmail cannot be empty")] == _findings(
        _of(_simple()), owner_email_mandatory=True
    )


def test_2_2_names_are_checked_where_the_server_says_so():
    """Off by default, as in Conductor's server properties."""
    [(path, message)] = _findings(
        _of(_simple()) | {"name": "a/b"}, name_validation=True
    )

    assert "name" == path
    assert message.startswith("Invalid name 'a/b'. Allowed characters are")


def test_1_10_paths_begin_where_the_caller_says():
    """Conductor's paths begin with the method and its parameter."""
    assert [
        (
            "registerWorkflowDef.workflowDef.tasks[0].name",
            "WorkflowTask name cannot be empty or null",
        )
    ] == _findings(
        _of({"taskReferenceName": "a"}), at="registerWorkflowDef.workflowDef"
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("workflow.input.a", True),
        ("a.output['some key'].b", True),
        ("a.output.list[0]", True),
        ("a.output.list[?(@.x == 'y')].z", True),
        ("a.output..z", True),
        ("a.output.length()", True),
        ("", False),
        ("a.", False),
        ("a.output[0", False),
        ("a.output.some key", False),
    ],
)
def test_4_12_paths(path, expected):
    """What does not compile as a JSONPath is refused at registration."""
    assert expected == is_path(path)
