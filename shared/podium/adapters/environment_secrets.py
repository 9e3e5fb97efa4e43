"""Secrets from the process's environment: CONDUCTOR_SECRET_NAME, as Conductor's."""

from __future__ import annotations

from collections.abc import Collection, Mapping

PREFIX = "CONDUCTOR_SECRET_"


class EnvironmentSecrets:
    """The port ``Secrets`` over variables, read anew each time."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def names(self) -> list[str]:
        """Return the names of all secrets, in order."""
        return sorted(
            name.removeprefix(PREFIX)
            for name in self._environment
            if name.startswith(PREFIX) and name != PREFIX
        )

    def find(self, names: Collection[str]) -> Mapping[str, str]:
        """Return those of the secrets that are there."""
        return {
            name: self._environment[PREFIX + name]
            for name in names
            if PREFIX + name in self._environment
        }
