"""Secrets, as a port: what inputs refer to and nothing of Podium ever keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol


class Secrets(Protocol):
    """Values by name, administered elsewhere."""

    def names(self) -> list[str]:
        """Return the names of all secrets, in order."""
        ...

    def find(self, names: Collection[str]) -> Mapping[str, str]:
        """Return those of the secrets that are there; may lag by some seconds."""
        ...


class NoSecrets:
    """A home without any."""

    def names(self) -> list[str]:
        """Return nothing."""
        return []

    def find(self, _names: Collection[str]) -> Mapping[str, str]:
        """Return nothing."""
        return {}
