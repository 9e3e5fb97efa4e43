"""What native parts say of the variables that name their deployment."""

import pytest

from podium.errors import InvalidInput
from podium_sdk.native import open_native_starts, open_native_workers

OPEN = pytest.mark.parametrize("opened", [open_native_starts, open_native_workers])


@OPEN
@pytest.mark.parametrize("text", ["podium", "[]", "null"])
def test_settings_that_are_no_object_are_told_by_their_variable(opened, text):
    with pytest.raises(InvalidInput, match="PODIUM_SETTINGS: expected a JSON object"):
        opened({"PODIUM_SETTINGS": text})


@OPEN
def test_that_there_are_none_is_told_by_the_variable_that_has_them_all(opened):
    with pytest.raises(InvalidInput, match=r"PODIUM_SETTINGS .*PODIUM_BUCKET"):
        opened({})
