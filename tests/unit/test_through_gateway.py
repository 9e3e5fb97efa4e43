"""What is said of single conformance tests is said of tests that are there."""

import re
from pathlib import Path

import pytest

from shares import share_of
from through_gateway import CANNOT, SAMPLE

MODULES = {
    path.stem: path.read_text()
    for path in Path(__file__).parents[1].joinpath("conformance").glob("test_*.py")
}


def test_every_module_of_the_sample_is_there():
    assert set() == SAMPLE - MODULES.keys()


def test_every_test_that_cannot_pass_is_there():
    there = {
        name for text in MODULES.values() for name in re.findall(r"def (\w+)", text)
    }

    assert set() == CANNOT.keys() - there


def test_a_share_is_a_part_of_so_many():
    assert ((1, 1), (2, 4)) == (share_of("--x", "all"), share_of("--x", "2/4"))


@pytest.mark.parametrize("asked", ["some", "2", "2/", "/4", "a/b", "0/4", "5/4"])
def test_a_share_that_is_none_is_refused(asked):
    with pytest.raises(pytest.UsageError, match="--x: expected all or such as 2/4"):
        share_of("--x", asked)
