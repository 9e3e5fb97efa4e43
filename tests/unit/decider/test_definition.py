"""The graph of a definition: who follows whom, and what lies in what."""

import pytest

from podium.decider.definition import Graph, Role, compile_definition
from podium.decider.settling import after
from podium.model.workflow_definition import WorkflowDef
from world import simple, task

NESTED = [
    simple("first"),
    task(
        "SWITCH",
        "choose",
        decisionCases={
            "a": [
                simple("a1"),
                task(
                    "FORK_JOIN",
                    "fork",
                    forkTasks=[[simple("f1"), simple("f2")], [simple("g1")], []],
                ),
                task("JOIN", "join", joinOn=["f2", "g1"]),
            ],
            "empty": [],
        },
        defaultCase=[task("SWITCH", "inner", decisionCases={"x": [simple("x1")]})],
    ),
    task(
        "DO_WHILE",
        "outer",
        loopOver=[simple("o1"), task("DO_WHILE", "within", loopOver=[simple("w1")])],
    ),
    simple("last"),
]


@pytest.fixture
def nodes():
    source = WorkflowDef.from_json({"name": "nested", "tasks": NESTED})
    return compile_definition(source).graph.nodes


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("first", "choose"),
        ("choose", "outer"),
        ("a1", "fork"),
        ("fork", "join"),
        ("join", "outer"),
        ("f1", "f2"),
        ("f2", None),
        ("g1", None),
        ("inner", "outer"),
        ("x1", "outer"),
        ("outer", "last"),
        ("o1", "within"),
        ("within", None),
        ("w1", None),
        ("last", None),
    ],
)
def test_what_follows(nodes, ref, expected):
    following = after(nodes[ref])

    assert expected == (following.ref if following is not None else None)


@pytest.mark.parametrize(
    ("ref", "role", "loop"),
    [
        ("first", Role.TOP, None),
        ("a1", Role.CASE, None),
        ("g1", Role.BRANCH, None),
        ("o1", Role.BODY, "outer"),
        ("within", Role.BODY, "outer"),
        ("w1", Role.BODY, "within"),
    ],
)
def test_where_a_task_lies(nodes, ref, role, loop):
    assert (role, loop) == (nodes[ref].role, nodes[ref].loop)


def test_first_tasks_inside(nodes):
    choose = nodes["choose"]

    assert "a1" == choose.first_of_case("a").ref
    assert None is choose.first_of_case("empty")
    assert None is choose.first_of_case("unknown")
    assert "inner" == choose.first_of_default.ref
    assert ["f1", "g1"] == [node.ref for node in nodes["fork"].first_of_branches]


def test_references_inside_at_any_depth(nodes):
    assert ("o1", "within", "w1") == nodes["outer"].body_refs
    assert ("a1", "fork", "f1", "f2", "g1", "join", "inner", "x1") == (
        nodes["choose"].body_refs
    )


def test_a_dynamic_task_is_a_graph_of_its_own():
    source = WorkflowDef.from_json({"name": "one", "tasks": [NESTED[2]]})
    graph = Graph.of_dynamic(source.tasks[0], "around")

    assert (Role.BRANCH, "around") == (graph.top[0].role, graph.top[0].loop)
    assert {"outer", "o1", "within", "w1"} == set(graph.nodes)
    assert "outer" == graph.nodes["o1"].loop
