"""Conformance tests name the section they are of."""

import pytest

from sections import sections_of

HERE = "tests/conformance"


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        (f"{HERE}/test_polling_4_7.py::test_1_3_an_empty_poll[aws]", {"1.3"}),
        (f"{HERE}/test_recovery_retry_4_8.py::test_a_retry_is_new", {"4.8"}),
        (f"{HERE}/test_polling_4_7.py::test_99_1_is_no_section", set()),
        (f"{HERE}/test_corpus_runs.py::test_all", set()),
        ("tests/unit/test_x_4_7.py::test_4_7_is_not_conformance", set()),
    ],
)
def test_a_test_is_of_the_section_that_it_or_its_module_names(nodeid, expected):
    assert expected == sections_of(nodeid)
