"""Looking up the facts that a decision asks for (see :mod:`podium.decider.facts`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, assert_never

import msgspec
from msgspec import Raw

from podium.decider import facts as f
from podium.errors import NotFound
from podium.ports import Home
from podium.service.journals import Journals
from podium.service.snapshots import Snapshots


class KnownFacts(dict[f.Need, Any]):
    """The facts of one decision; what a warm process knows anyway is there at once."""

    def __init__(self, recall: Callable[[f.Need], Any]) -> None:
        super().__init__()
        self._recall = recall

    def __missing__(self, need: f.Need) -> Any:
        value = self._recall(need)
        if value is None:
            raise KeyError(need)
        self[need] = value
        return value


class FactFinder:
    """Answers needs from the home's ports."""

    def __init__(
        self,
        home: Home,
        journals: Journals,
        snapshots: Snapshots,
        environment: Mapping[str, str],
    ) -> None:
        self._home = home
        self._journals = journals
        self._snapshots = snapshots
        self._environment = dict(environment)

    def known(self, workflow_id: str) -> KnownFacts:
        """Return the facts to begin a decision with."""

        def recall(need: f.Need) -> Any:
            match need:
                case f.Snapshot(digest):
                    return self._snapshots.known(digest)
                case f.EntryEvents(version):
                    return self._journals.known_events(workflow_id, version)
                case f.Environment():
                    return self._environment
            return None

        return KnownFacts(recall)

    def answer(
        self, workflow_id: str, needs: Iterable[f.Need], facts: dict[f.Need, Any]
    ) -> None:
        """Look the needs up and put their values among the facts."""
        for need in needs:
            facts[need] = self._answer(workflow_id, need)

    def _answer(self, workflow_id: str, need: f.Need) -> Any:
        match need:
            case f.Snapshot(digest):
                return self._snapshots.load(digest)
            case f.EntryEvents() | f.EntryRange() | f.WholeJournal():
                return self._recorded(workflow_id, need)
            case f.StoredPayload(path):
                return self._payload(path)
            case f.TaskDefinition() | f.WorkflowDefinition():
                return self._registered(need)
            case f.LastPolls(task_type):
                polls = self._home.polls.find(task_type)
                return {poll.domain or "": poll.at for poll in polls}
            case f.LeaseOf(seq, delivery):
                lease = self._home.leases.find(workflow_id, seq, delivery)
                return None if lease is None or lease.is_withheld else lease
            case f.CachedOutput(name, key):
                now = self._home.clock.now()
                found = self._home.outputs.find(name, key, now)
                return None if found is None else Raw(found)
            case f.Environment():
                return self._environment
            case f.SecretValues(names):
                return self._home.secrets.find(names)
        assert_never(need)

    def _recorded(
        self, workflow_id: str, need: f.EntryEvents | f.EntryRange | f.WholeJournal
    ) -> Any:
        match need:
            case f.EntryEvents(version):
                return self._journals.events(workflow_id, version)
            case f.EntryRange(first, last):
                return self._journals.events_between(workflow_id, first, last)
            case f.WholeJournal(last):
                return self._journals.entries(workflow_id, last)
        assert_never(need)

    def _registered(self, need: f.TaskDefinition | f.WorkflowDefinition) -> Any:
        match need:
            case f.TaskDefinition(name):
                return self._home.metadata.find_task(name)
            case f.WorkflowDefinition(name, version):
                return self._home.metadata.find_workflow(name, version)
        assert_never(need)

    def _payload(self, path: str) -> Raw:
        document = self._home.payloads.get(path)
        if document is None:
            raise NotFound(f"No external payload found at: {path}")
        msgspec.json.decode(document)
        return Raw(document)
