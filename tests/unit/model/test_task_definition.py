"""Task definitions: defaults."""

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
