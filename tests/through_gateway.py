"""Which conformance tests run through API Gateway: a sample, and why some cannot.

Most of those that cannot skip themselves: a world behind API Gateway has no clock that
stands still, and nothing to reach into.
"""

SAMPLE = frozenset(
    {
        "test_administration_1_5",
        "test_branching_3_4",
        "test_bulk_1_2",
        "test_decide_4_1",
        "test_domains_4_10",
        "test_dynamic_forks_3_5",
        "test_events_3_9",
        "test_idempotency_4_11",
        "test_inline_children_3_7",
        "test_join_failures_3_5",
        "test_loop_items_3_6",
        "test_masked_fields_4_11",
        "test_messages_8_2",
        "test_models_2",
        "test_recovery_restart_4_8",
    }
)
"""Modules of one or more of each chapter's sections, two or three minutes in all."""

_ONE_BY_ONE = "the emulator takes more than API Gateway's 30 s for so many"
_INSIDE = "changes the limits inside the process"
_NEW_LANE = "a lane for priorities opens forty seconds after it was made"
_REMEMBERED = "processes remember who polled in the test before"
_SIX_MB = "no request through API Gateway has six megabytes"
_TO_THE_SECOND = "counts on the very second"
_WORKED_OFF = "the functions have worked the queue off"
CANNOT = {
    "test_1_1_a_loop_without_an_end_in_one_decision_is_refused": _INSIDE,
    "test_1_1_a_loop_without_an_end_is_refused": _INSIDE,
    "test_1_3_nobody_polled_what_nobody_polled": _REMEMBERED,
    "test_1_3_poll_data_of_all_types": _REMEMBERED,
    "test_1_5_reports_from_outside_go_to_the_deciders_queue": _WORKED_OFF,
    "test_2_1_a_definition_knows_when_it_was_made_and_changed": _TO_THE_SECOND,
    "test_2_9_the_summary_of_a_task": _TO_THE_SECOND,
    "test_3_5_a_thousand_branches": _ONE_BY_ONE,
    "test_3_5_many_choices_that_lead_nowhere_are_no_depth": _ONE_BY_ONE,
    "test_3_8_a_pull_waits_for_a_message": _TO_THE_SECOND,
    "test_4_7_what_waits_with_a_higher_priority_comes_first": _NEW_LANE,
    "test_4_13_a_task_output_beyond_the_limit_fails_the_task": _SIX_MB,
    "test_4_13_a_workflow_input_beyond_the_limit_fails_the_workflow": _SIX_MB,
    "test_9_2_a_branch_beyond_the_limit_fails_and_takes_the_others_along": _SIX_MB,
    "test_9_2_a_wait_with_the_timeout_of_a_definition_is_tried_again": _TO_THE_SECOND,
}
"""Tests that only an embedded home can pass, each with the reason."""
