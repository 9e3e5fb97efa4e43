"""A deployment for the handlers of functions."""

import pytest

from lambda_events import Deployment


@pytest.fixture
def deployment(stack, clock):
    return Deployment.over(stack, clock)
