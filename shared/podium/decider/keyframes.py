"""The folded state as bytes: what a keyframe of the journal holds (design 4)."""

from __future__ import annotations

import msgspec

from podium.decider.state import TaskState, WorkflowState, with_maps, without_maps

FORMAT = 1


class _Keyframe(msgspec.Struct, frozen=True, omit_defaults=True):
    """The state without its maps, its tasks, and who waits for whom."""

    state: WorkflowState
    tasks: tuple[TaskState, ...]
    watchers: dict[str, tuple[str, ...]] = {}
    format: int = FORMAT


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Keyframe)


def encode_keyframe(state: WorkflowState) -> bytes:
    """Return the state as JSON text."""
    return _encoder.encode(
        _Keyframe(
            state=without_maps(state),
            tasks=tuple(state.tasks.values()),
            watchers=dict(state.watchers.items()),
        )
    )


def decode_keyframe(data: bytes) -> WorkflowState:
    """Return the state that :func:`encode_keyframe` wrote, by this or older code."""
    keyframe = _decoder.decode(data)
    return with_maps(keyframe.state, keyframe.tasks, keyframe.watchers)
