"""What the documents say of Conductor's specs names tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "conductor-specs.md").read_text()
SPECS = re.compile(r"(\w+) \((\d+)\)")


def test_every_spec_is_named_once_with_all_its_features():
    """As the reference counts them in 9.2."""
    rows = [line.split("|")[1] for line in TEXT.splitlines() if line.startswith("| ")]
    named = [found for row in rows for found in SPECS.findall(row)]

    assert 43 == len({name for name, _ in named}) == len(named)
    assert 213 == sum(int(number) for _, number in named)


def test_every_file_that_is_named_is_there():
    for name in re.findall(r"`((?:tests/[\w/]+/)?test_[\w*]+)`", TEXT):
        path = name if "/" in name else f"tests/conformance/{name}"
        assert list(ROOT.glob(f"{path}.py")), name
