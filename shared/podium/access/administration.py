"""What an operator does: applications, their keys, and new signing keys."""

from __future__ import annotations

from podium.access.applications import (
    Application,
    Credentials,
    Draw,
    application_of,
    check_name,
    new_key,
)
from podium.access.authentication import MAX_LIFETIME, SIGNING_KEYS_KEPT
from podium.access.roles import Role
from podium.access.stores import Applications, SigningKeys
from podium.access.tokens import SigningKey, valid_keys
from podium.clock import Clock
from podium.errors import AlreadyExists, Conflict, InvalidInput, NotFound

HANDOVER = 2 * SIGNING_KEYS_KEPT
"""Milliseconds before a new signing key is used: by then every process knows it."""
_KID_BITS, _SECRET_BITS = 64, 256


class Administration:
    """Changes applications and signing keys."""

    def __init__(
        self,
        clock: Clock,
        draw: Draw,
        applications: Applications,
        signing_keys: SigningKeys,
    ) -> None:
        self._clock = clock
        self._draw = draw
        self._applications = applications
        self._signing_keys = signing_keys

    # --- applications ----------------------------------------------------------

    def create_application(self, name: str, roles: frozenset[Role]) -> Application:
        """Make an application without keys."""
        check_name(name)
        if not roles:
            raise InvalidInput("role: expected at least one")
        made = Application(name, roles, self._clock.now())
        if not self._applications.put(made):
            raise AlreadyExists(f"Application {name} already exists")
        return made

    def create_key(self, name: str) -> Credentials:
        """Make a key; the answer has its secret, which nobody can tell again."""
        application = self._find(name)
        if not self._signing_keys.all():
            self._add_signing_key(self._clock.now())
        key, credentials = new_key(name, self._clock.now(), self._draw)
        self._replace(application.with_keys((*application.keys, key)))
        return credentials

    def applications(self) -> list[Application]:
        """Return all applications by name."""
        return self._applications.all()

    def revoke(self, name_or_key_id: str) -> None:
        """Remove a key, or an application with all its keys."""
        name = application_of(name_or_key_id)
        if name is None:
            if not self._applications.remove(name_or_key_id):
                raise NotFound(f"There is no application {name_or_key_id}")
            return
        application = self._find(name)
        left = tuple(one for one in application.keys if one.id != name_or_key_id)
        if left == application.keys:
            raise NotFound(f"There is no key {name_or_key_id}")
        self._replace(application.with_keys(left))

    def _find(self, name: str) -> Application:
        found = self._applications.find(name)
        if found is None:
            raise NotFound(f"There is no application {name}")
        return found

    def _replace(self, application: Application) -> None:
        if not self._applications.put(application):
            raise Conflict(f"Application {application.name} was changed, try again")

    # --- signing keys ----------------------------------------------------------

    def signing_keys(self) -> list[SigningKey]:
        """Return all signing keys, oldest first."""
        return self._signing_keys.all()

    def rotate_signing_key(self, *, at_once: bool = False) -> SigningKey:
        """Make a new signing key, and remove those whose last token has ended.

        The one in use hands over after a while, and its tokens live on.  ``at_once`` is
        for a key that has leaked: all others go now, and with them all tokens; for a
        minute clients may have to ask twice.
        """
        now = self._clock.now()
        before = self._signing_keys.all()
        made = self._add_signing_key(now + HANDOVER if before and not at_once else now)
        left = {} if at_once else valid_keys(before, now, MAX_LIFETIME)
        for key in before:
            if key.kid not in left:
                self._signing_keys.remove(key.kid)
        return made

    def _add_signing_key(self, active_from: int) -> SigningKey:
        kid = f"{self._draw(_KID_BITS):016x}"
        secret = self._draw(_SECRET_BITS).to_bytes(_SECRET_BITS // 8, "big")
        made = SigningKey(kid, active_from, secret)
        self._signing_keys.add(made)
        return made
