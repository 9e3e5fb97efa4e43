"""Definitions that people really wrote read back as they wrote them (reference 2.2).

The corpus lies beside the repository; without it there is nothing to ask.
"""

from corpus import REFUSED, lost, needs_corpus, rows
from podium.model.validation import check_workflow_definition
from podium.model.workflow_definition import WorkflowDef

pytestmark = needs_corpus


def test_2_2_every_definition_reads_back_as_it_was_written():
    """Nothing known is lost, no number changes its kind."""
    changed = {
        row["source"]: differences
        for row in rows()
        if (
            differences := list(
                lost(
                    row["definition"],
                    WorkflowDef.from_json(row["definition"]).to_json(),
                )
            )
        )
    }

    assert {} == changed


def test_2_2_real_definitions_are_accepted():
    """All but four, and those for a reason."""
    findings = {
        row["source"]: found
        for row in rows()
        if (
            found := check_workflow_definition(
                WorkflowDef.from_json(row["definition"]), lambda _name: None
            )
        )
    }

    assert set(REFUSED) == set(findings)
    for source, word in REFUSED.items():
        assert word in findings[source][0].path + findings[source][0].message
