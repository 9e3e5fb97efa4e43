"""Task definitions: defaults, and how large their numbers may be."""

import pytest

from podium.errors import InvalidInput
from podium.model.task_definition import RetryLogic, TaskDef, TimeoutPolicy


def test_defaults_are_conductors():
    """Three retries, a minute apart, an hour to answer, and the workflow times out."""
    definition = TaskDef.from_json({"name": "t"})

    assert (3, 60, 3600, RetryLogic.FIXED, TimeoutPolicy.TIME_OUT_WF) == (
        definition.retry_count,
        definition.retry_delay_seconds,
        definition.response_timeout_seconds,
        definition.retry_logic,
        definition.timeout_policy,
    )


def test_rate_limits_are_written_although_unset():
    """Conductor's getters answer 0 per 1 second where nothing was said."""
    written = TaskDef.from_json(
        {"name": "t", "rateLimitPerFrequency": None, "concurrentExecLimit": None}
    ).to_json()

    assert (0, 1, False) == (
        written["rateLimitPerFrequency"],
        written["rateLimitFrequencyInSeconds"],
        "concurrentExecLimit" in written,
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeoutSeconds", 10**26),
        ("retryCount", 2**31),
        ("retryDelaySeconds", -(10**10)),
    ],
)
def test_a_number_that_java_could_not_hold_is_refused(field, value):
    with pytest.raises(InvalidInput, match=f"TaskDef.{field}"):
        TaskDef.from_json({"name": "t", field: value})
