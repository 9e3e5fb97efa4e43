"""What became of each task of a workflow, where processes were killed meanwhile."""

from collections import Counter


def attempts(workflow):
    """Return ``[(reference, status), ...]`` of every attempt."""
    return [(one["referenceTaskName"], one["status"]) for one in workflow["tasks"]]


def assert_each_completed_once(workflow, refs, may_fail=()):
    """Check that it completed, and that each of ``refs``, and no other, did so once.

    Attempts of ``may_fail`` may have failed before.
    """
    counted = Counter(attempts(workflow))
    completed = {
        ref: n for (ref, status), n in counted.items() if status == "COMPLETED"
    }
    assert (workflow["status"], completed) == ("COMPLETED", dict.fromkeys(refs, 1))
    # A poll whose answer the kill swallowed is taken back by the response timeout.
    others = {one for one in counted if one[1] not in {"COMPLETED", "TIMED_OUT"}}
    assert others <= {(ref, "FAILED") for ref in may_fail}
    sequence = [one["seq"] for one in workflow["tasks"]]
    assert sequence == list(range(1, len(sequence) + 1))
