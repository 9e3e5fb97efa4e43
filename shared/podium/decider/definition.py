"""A workflow definition as a graph: who follows whom, and what lies in what.

Conductor searches the tree of tasks for the successor of each task that ends.  Here the
tree is walked once per definition and kept: every task becomes a :class:`Node` that
knows its successor and the SWITCH, FORK or DO_WHILE that it lies in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import msgspec

from podium.expressions.template import Template, compile_template
from podium.model.workflow_definition import WorkflowDef
from podium.model.workflow_task import WorkflowTask


class Role(Enum):
    """What the sequence that a task lies in is to its container."""

    TOP = "top"
    CASE = "case"
    BRANCH = "branch"
    BODY = "body"


@dataclass(eq=False)
class Node:
    """One task of a definition in its place; only ``following`` is set later."""

    task: WorkflowTask
    role: Role
    parent: Node | None
    loop: str | None
    following: Node | None = field(default=None, repr=False)
    _inside: dict[str, list[Node]] = field(default_factory=dict, repr=False)

    @property
    def ref(self) -> str:
        """The task's reference name."""
        return self.task.task_reference_name

    @cached_property
    def input(self) -> Template:
        """The task's ``inputParameters``, compiled."""
        return compile_template(self.task.input_parameters)

    @cached_property
    def sink(self) -> Template:
        """Where an EVENT goes, compiled."""
        return compile_template(self.task.sink)

    @cached_property
    def state_changes(self) -> dict[str, tuple[tuple[str, Template], ...]]:
        """What to tell of the task's statuses: type and payload, by ``onSuccess``..."""
        found: dict[str, tuple[tuple[str, Template], ...]] = {}
        for keys, events in self.task.on_state_change.items():
            told = tuple((one.type, compile_template(one.payload)) for one in events)
            for key in keys.split(","):
                found[key.strip()] = (*found.get(key.strip(), ()), *told)
        return found

    @cached_property
    def json(self) -> dict[str, Any]:
        """The task as Conductor's JSON."""
        return self.task.to_json()

    @cached_property
    def definition_json(self) -> dict[str, Any] | None:
        """The task definition that the task carries, as Conductor's JSON."""
        definition = self.task.task_definition
        return None if definition is None else definition.to_json()

    def first_of_case(self, case: str) -> Node | None:
        """Return the first task of a decision case, None where the case is empty."""
        nodes = self._inside.get(f"={case}")
        return nodes[0] if nodes else None

    @property
    def first_of_default(self) -> Node | None:
        """The first task of the default case."""
        nodes = self._inside.get("default")
        return nodes[0] if nodes else None

    @property
    def first_of_branches(self) -> list[Node]:
        """The first task of every branch of a FORK_JOIN."""
        return [nodes[0] for nodes in self._inside.values() if nodes]

    @property
    def body(self) -> list[Node]:
        """The tasks of a DO_WHILE's body, in order."""
        return self._inside.get("body", [])

    @cached_property
    def body_refs(self) -> tuple[str, ...]:
        """Every reference name inside this task, at any depth."""
        found: list[str] = []
        for nodes in self._inside.values():
            for node in nodes:
                found.append(node.ref)
                found.extend(node.body_refs)
        return tuple(found)


class Graph:
    """All nodes of a definition by reference name, and the top-level sequence."""

    def __init__(self, tasks: Sequence[WorkflowTask]) -> None:
        self.nodes: dict[str, Node] = {}
        self.top = self._link(tasks, Role.TOP, None, None)

    @classmethod
    def of_dynamic(cls, task: WorkflowTask, loop: str | None) -> Graph:
        """Return the graph of a task that a dynamic fork made, and what lies in it."""
        graph = cls([])
        graph.top = graph._link([task], Role.BRANCH, None, loop)
        return graph

    def _link(
        self,
        tasks: Sequence[WorkflowTask],
        role: Role,
        parent: Node | None,
        loop: str | None,
    ) -> list[Node]:
        nodes = [Node(task, role, parent, loop) for task in tasks]
        for node, following in pairwise(nodes):
            node.following = following
        for node in nodes:
            self.nodes[node.ref] = node
            self._enter(node)
        return nodes

    def _enter(self, node: Node) -> None:
        task, inside = node.task, node._inside  # noqa: SLF001 - the graph builds its nodes
        kind = task.type
        if kind in ("SWITCH", "DECISION"):
            for case, tasks in task.decision_cases.items():
                inside[f"={case}"] = self._link(tasks, Role.CASE, node, node.loop)
            inside["default"] = self._link(
                task.default_case, Role.CASE, node, node.loop
            )
        elif kind == "FORK_JOIN":
            for number, tasks in enumerate(task.fork_tasks):
                inside[str(number)] = self._link(tasks, Role.BRANCH, node, node.loop)
        elif kind == "DO_WHILE":
            inside["body"] = self._link(task.loop_over, Role.BODY, node, node.ref)


@dataclass(eq=False)
class Definition:
    """A definition snapshot, ready to run."""

    source: WorkflowDef
    graph: Graph
    output: Template

    @cached_property
    def json(self) -> dict[str, Any]:
        """The snapshot as Conductor's JSON."""
        return self.source.to_json()

    @property
    def first(self) -> Node | None:
        """The first top-level task."""
        return self.graph.top[0] if self.graph.top else None


def compile_definition(source: WorkflowDef) -> Definition:
    """Return the runnable form of a definition snapshot."""
    return Definition(
        source, Graph(source.tasks), compile_template(source.output_parameters)
    )


@lru_cache(maxsize=4096)
def compile_dynamic(definition: bytes, loop: str | None) -> Graph:
    """Return the graph of a dynamic task recorded in a journal event."""
    task = WorkflowTask.from_json(msgspec.json.decode(definition))
    return Graph.of_dynamic(task, loop)
