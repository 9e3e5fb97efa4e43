"""What all tests share: the homes they run on, and how much Hypothesis looks for."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "ci",
    max_examples=60,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("ci"), max_examples=3_000)
settings.register_profile(
    "explore", settings.get_profile("thorough"), derandomize=False
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser):
    parser.addoption(
        "--home",
        default="sqlite-file,sqlite-memory,moto",
        help="the homes that the contract suites run on; "
        "'emulator' is the one at AWS_ENDPOINT_URL",
    )
