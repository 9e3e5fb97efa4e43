"""The stories that are told with something happening at each call, on both homes."""

from comeback import Comeback, Relaunch, Renewal
from hearsay import Hearsay
from native_start import NativeStart
from rush import Launches, Rush
from story import Downfall, Story
from twenty_steps import TwentySteps

KINDS = [
    Story,
    Downfall,
    Rush,
    Launches,
    Comeback,
    Relaunch,
    Renewal,
    Hearsay,
    NativeStart,
    TwentySteps,
]
