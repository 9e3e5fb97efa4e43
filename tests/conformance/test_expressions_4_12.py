"""The rules of reference 4.12, row by row; each id begins with the row's name."""

import pytest

from documents import Document
from podium.expressions.template import compile_template

DOCUMENT = {
    "workflow": {
        "input": {
            "text": "x",
            "number": 1,
            "decimal": 2.5,
            "flag": True,
            "map": {"a": 1},
            "list": [1, "b"],
            "people": [{"name": "Ann", "age": 30}, {"name": "Bob", "age": 40}],
            "key": "found",
            "nothing": None,
        },
        "output": {},
        "status": "RUNNING",
        "workflowId": "w1",
        "workflowType": "flow",
        "version": 3,
        "schemaVersion": 2,
        "correlationId": "c1",
        "variables": {"v": [1]},
        "env": {"REGION": "eu", "CONFIG": '{"host": "h", "ports": [1, 2]}'},
    },
    "a": {
        "input": {"in": 1},
        "output": {"found": "nested", "deep": {"er": [{"x": 5}]}},
        "status": "COMPLETED",
        "taskType": "SIMPLE",
        "retryCount": 0,
        "taskId": "t1",
    },
    "b": {"output": {"key": "found"}},
    "pending": {"status": "SCHEDULED"},
    "CPEWF_TASK_ID": "t2",
    "HOME": "/home",
}

CASES = {
    "syntax-input": ("${workflow.input.text}", "x"),
    "syntax-root": ("${$.workflow.input.text}", "x"),
    "syntax-blanks": ("${ workflow.input.text }", "x"),
    "syntax-missing-key": ("${workflow.input.none}", None),
    "syntax-missing-deep": ("${workflow.input.none.at.all}", None),
    "syntax-missing-task": ("${nobody.output.x}", None),
    "syntax-through-text": ("${workflow.input.text.x}", None),
    "syntax-invalid": ("${workflow.input.a b}", None),
    "syntax-wildcard": ("${workflow.input.people[*].name}", ["Ann", "Bob"]),
    "syntax-filter": (
        "${workflow.input.people[?(@.age > 35)].name}",
        ["Bob"],
    ),
    "syntax-filter-none": ("${workflow.input.people[?(@.age > 99)]}", []),
    "syntax-index": ("${workflow.input.people[0].name}", "Ann"),
    "syntax-negative-index": ("${workflow.input.people[-1].name}", "Bob"),
    "syntax-length": ("${workflow.input.people.length()}", 2),
    "workflow-status": ("${workflow.status}", "RUNNING"),
    "workflow-id": ("${workflow.workflowId}", "w1"),
    "workflow-version": ("${workflow.version}", 3),
    "workflow-variables": ("${workflow.variables.v[0]}", 1),
    "workflow-parent": ("${workflow.parentWorkflowId}", None),
    "ref-output": ("${a.output.deep.er[0].x}", 5),
    "ref-input": ("${a.input.in}", 1),
    "ref-status": ("${a.status}", "COMPLETED"),
    "ref-id": ("${a.taskId}", "t1"),
    "which-attempt-pending": ("${pending.output.x}", None),
    "whole-number": ("${workflow.input.number}", 1),
    "whole-decimal": ("${workflow.input.decimal}", 2.5),
    "whole-flag": ("${workflow.input.flag}", True),
    "whole-map": ("${workflow.input.map}", {"a": 1}),
    "whole-list": ("${workflow.input.list}", [1, "b"]),
    "whole-null": ("${workflow.input.nothing}", None),
    "partial": ("${workflow.input.text}-${workflow.input.number}", "x-1"),
    "partial-null": ("<${workflow.input.none}>", "<null>"),
    "partial-map": ("<${workflow.input.map}>", "<{a=1}>"),
    "partial-list": ("<${workflow.input.list}>", "<[1, b]>"),
    "partial-flag": ("<${workflow.input.flag}>", "<true>"),
    "partial-decimal": ("<${workflow.input.decimal}>", "<2.5>"),
    "nested": ("${a.output.${b.output.key}}", "nested"),
    "nested-missing": ("${a.output.${b.output.none}}", None),
    "nested-partial": ("<${a.output.${b.output.key}}>", "<nested>"),
    "empty": ("${}", ""),
    "empty-blanks": ("${   }", ""),
    "empty-partial": ("<${}>", "<>"),
    "escape": ("$${workflow.input.text}", "${workflow.input.text}"),
    "escape-among-others": (
        "${workflow.input.text} $${x}${workflow.input.number}",
        "x ${x}1",
    ),
    "containers": (
        {"a": ["${workflow.input.number}", {"b": "${workflow.input.text}"}]},
        {"a": [1, {"b": "x"}]},
    ),
    "containers-keys": (
        {"${workflow.input.text}": "${workflow.input.number}"},
        {"${workflow.input.text}": 1},
    ),
    "secrets": ("${workflow.secrets.TOKEN}", "${workflow.secrets.TOKEN}"),
    "secrets-path": ("${workflow.secrets.A.user}", "${workflow.secrets.A.user}"),
    "secrets-partial": (
        "Bearer ${workflow.secrets.TOKEN} ${workflow.input.number}",
        "Bearer ${workflow.secrets.TOKEN} 1",
    ),
    "env": ("${workflow.env.REGION}", "eu"),
    "env-path": ("${workflow.env.CONFIG.host}", "h"),
    "env-path-index": ("${workflow.env.CONFIG.ports[1]}", 2),
    "env-path-not-json": ("${workflow.env.REGION.x}", None),
    "env-missing": ("${workflow.env.NOPE}", None),
    "bare-task-id": ("${CPEWF_TASK_ID}", "t2"),
    "bare-environment": ("${HOME}/x", "/home/x"),
    "bare-unset-stays": ("${NETFLIX_STACK}", "${NETFLIX_STACK}"),
    "bare-unset-stays-partial": ("<${NETFLIX_ENV}>", "<${NETFLIX_ENV}>"),
    "bare-other-is-a-missing-path": ("${nobody}", None),
}


@pytest.mark.parametrize(
    ("value", "expected"), CASES.values(), ids=[f"4.12-{name}" for name in CASES]
)
def test_4_12(value, expected):
    resolved = compile_template(value).resolve(Document(DOCUMENT))

    assert (expected, type(expected)) == (resolved, type(resolved))


def test_4_12_bare_task_id_stays_where_there_is_no_task():
    assert "${CPEWF_TASK_ID}" == compile_template("${CPEWF_TASK_ID}").resolve(
        Document({})
    )
