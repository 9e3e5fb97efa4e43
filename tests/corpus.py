"""The corpus of real definitions that lies beside the project, if it is there."""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "definitions.jsonl"

needs_corpus = pytest.mark.skipif(
    not CORPUS.exists(), reason="the corpus is not beside the project"
)

# What Podium runs; the corpus also knows AI, brokers, and what only Orkes has.
TASK_TYPES = frozenset(
    {
        *("SIMPLE", "USER_DEFINED", "DYNAMIC", "HTTP", "EVENT", "START_WORKFLOW"),
        *("SUB_WORKFLOW", "FORK_JOIN", "FORK_JOIN_DYNAMIC", "JOIN", "EXCLUSIVE_JOIN"),
        *("SWITCH", "DECISION", "DO_WHILE", "INLINE", "LAMBDA", "JSON_JQ_TRANSFORM"),
        *("SET_VARIABLE", "TERMINATE", "NOOP", "WAIT", "HUMAN"),
        *("PULL_WORKFLOW_MESSAGES", "KAFKA_PUBLISH"),
    }
)

# What Conductor does not know, so nobody gets it back.
UNKNOWN = {
    "cacheKey",
    "cacheTTL",
    "callbackFromWorker",
    "onStateChange",  # of a workflow; a task has one
    "overwriteTags",
    "retryDelaySeconds",  # of a task; a task definition has one
    "tags",
}

# What Conductor refuses, and why.
REFUSED = {
    "conductor-oss/conductor: rest/src/main/resources/kitchensink/wf1.json": (
        "schemaVersion"
    ),
    "conductor-oss/conductor: docs/documentation/configuration/workflowdef/operators/"
    "dynamic-task.md#md2": "shipping_info",
    "conductor-oss/conductor-skills: TESTING.md#md2": "schemaVersion",
    "Netflix/conductor: docs/docs/labs/beginner.md#md8": "decisionCases",
}


@cache
def rows():
    """Return every definition with its source, none where the corpus is absent."""
    if not CORPUS.exists():
        return []
    return [json.loads(line) for line in CORPUS.read_text().splitlines()]


def core_rows():
    """Return those that Conductor accepts and whose task types are all known."""
    return [
        row for row in rows() if not foreign_types(row) and row["source"] not in REFUSED
    ]


def foreign_types(row):
    return sorted(set(row["types"]) - TASK_TYPES)


def count_foreign_types():
    """Return in how many definitions each type stands that is not run here."""
    return Counter(kind for row in rows() for kind in foreign_types(row))


def lost(posted, read, path=""):
    """Say where what was posted is not what is read."""
    if isinstance(posted, dict) and isinstance(read, dict):
        for key, value in posted.items():
            if key in read:
                yield from lost(value, read[key], f"{path}.{key}")
            elif value is not None and key not in UNKNOWN:
                yield f"{path}.{key} is gone"
        return
    if isinstance(posted, list) and isinstance(read, list) and len(posted) == len(read):
        for index, pair in enumerate(zip(posted, read, strict=True)):
            yield from lost(*pair, f"{path}[{index}]")
        return
    if posted is not None and (posted, type(posted)) != (read, type(read)):
        yield f"{path}: {posted!r} became {read!r}"


# --- inside a definition -----------------------------------------------------------


def tasks_of(definition):
    """Yield every task of a definition, those of inline sub-workflows left out."""
    yield from _walk(definition.get("tasks"))


def _walk(tasks):
    for task in tasks or []:
        yield task
        for case in (task.get("decisionCases") or {}).values():
            yield from _walk(case)
        yield from _walk(task.get("defaultCase"))
        for branch in task.get("forkTasks") or []:
            yield from _walk(branch)
        yield from _walk(task.get("loopOver"))


def type_of(task):
    return task.get("type") or task.get("workflowTaskType") or "SIMPLE"


def inline_of(task):
    """Return the definition that a SUB_WORKFLOW carries, if it does."""
    inline = (task.get("subWorkflowParam") or {}).get("workflowDefinition")
    return inline if isinstance(inline, dict) else None


def find_child(row, name, version):
    """Return the definition that a task names, from the same repository if it can."""
    repository = row["source"].partition(":")[0]
    found = [
        other
        for other in core_rows()
        if other["definition"].get("name") == name
        and (not version or other["definition"].get("version", 1) == version)
    ]
    found.sort(key=lambda other: not other["source"].startswith(f"{repository}:"))
    return found[0]["definition"] if found else None
