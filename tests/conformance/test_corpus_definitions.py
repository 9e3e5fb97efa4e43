"""Definitions that people really wrote read back as they wrote them (reference 2.2).

The corpus lies beside the repository; without it there is nothing to ask.
"""

import json
from pathlib import Path

import pytest

from podium.model.validation import check_workflow_definition
from podium.model.workflow_definition import WorkflowDef

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "definitions.jsonl"

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


def _corpus():
    if not CORPUS.exists():
        return []
    return [json.loads(line) for line in CORPUS.read_text().splitlines()]


def _lost(posted, read, path=""):
    """Say where what was posted is not what is read."""
    if isinstance(posted, dict) and isinstance(read, dict):
        for key, value in posted.items():
            if key in read:
                yield from _lost(value, read[key], f"{path}.{key}")
            elif value is not None and key not in UNKNOWN:
                yield f"{path}.{key} is gone"
        return
    if isinstance(posted, list) and isinstance(read, list) and len(posted) == len(read):
        for index, pair in enumerate(zip(posted, read, strict=True)):
            yield from _lost(*pair, f"{path}[{index}]")
        return
    if posted is not None and (posted, type(posted)) != (read, type(read)):
        yield f"{path}: {posted!r} became {read!r}"


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not beside the project")
def test_2_2_every_definition_reads_back_as_it_was_written():
    """Nothing known is lost, no number changes its kind."""
    lost = {
        row["source"]: differences
        for row in _corpus()
        if (
            differences := list(
                _lost(
                    row["definition"],
                    WorkflowDef.from_json(row["definition"]).to_json(),
                )
            )
        )
    }

    assert {} == lost


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not beside the project")
def test_2_2_real_definitions_are_accepted():
    """All but four, and those for a reason."""
    findings = {
        row["source"]: found
        for row in _corpus()
        if (
            found := check_workflow_definition(
                WorkflowDef.from_json(row["definition"]), lambda _name: None
            )
        )
    }

    assert set(REFUSED) == set(findings)
    for source, word in REFUSED.items():
        assert word in findings[source][0].path + findings[source][0].message
