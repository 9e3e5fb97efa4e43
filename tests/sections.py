"""Which sections of Conductor's reference the conformance tests cover.

A test is of the section that its name begins with (``test_4_7_...``), or else of the
one that its module's name ends with (``test_recovery_retry_4_8``).  Printed after a run
of conformance tests; files (1.6) and AI tasks (1.8, 3.10) are not built.
"""

import re

SECTIONS = {
    1: (*range(6), 7, 10, 11),
    2: range(1, 12),
    3: range(10),
    4: range(1, 15),
    5: (1, 2),
    6: (1, 2),
    8: (1, 2),
}
"""Sections by chapter, as far as they say what a server does."""

ALL = {f"{chapter}.{number}" for chapter in SECTIONS for number in SECTIONS[chapter]}
_OF_TEST = re.compile(r"::test_(\d+)_(\d+)_")
_OF_MODULE = re.compile(r"_(\d+)_(\d+)\.py::")


class Coverage:
    """Notes the sections of the tests that pass."""

    def __init__(self):
        self._covered = set()

    def pytest_runtest_logreport(self, report):
        """Note a test that passed."""
        if report.when == "call" and report.passed:
            self._covered |= sections_of(report.nodeid)

    def pytest_terminal_summary(self, terminalreporter):
        """Say how many sections there are, and which have no test."""
        if not self._covered:
            return
        left = sorted(ALL - self._covered, key=_in_order)
        terminalreporter.section("Conductor's reference, by section")
        terminalreporter.line(f"covered {len(ALL) - len(left)} of {len(ALL)}")
        if left:
            terminalreporter.line(f"without a test: {', '.join(left)}")


def sections_of(nodeid):
    """Return the sections a conformance test is of; none for any other test."""
    if not nodeid.startswith("tests/conformance/"):
        return set()
    found = _OF_TEST.search(nodeid) or _OF_MODULE.search(nodeid)
    return {".".join(found.groups())} & ALL if found else set()


def _in_order(section):
    return [int(part) for part in section.split(".")]
