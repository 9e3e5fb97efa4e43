"""What scripted workers need of a world, by the API of a deployment, in real time."""

import json
import time
from urllib.parse import quote, urlencode

import urllib3

from corpus import TASK_TYPES

PAUSE = 0.1
"""Seconds between two looks."""
DEFINITIONS_KEPT = 5
"""Seconds after which every process of the deployment has noticed a change."""


class DeployedWorld:
    """A deployment, asked by HTTP: nothing is settled, everything comes in its time."""

    def __init__(self, api_url, headers):
        self._api_url = api_url
        self._headers = headers
        self._http = urllib3.PoolManager(maxsize=8, retries=False)
        self._waiting = set()
        self._registered = {}

    def ask(self, method, path, body=None, **query):
        """Send a request that must succeed; return its JSON, text, or None."""
        return self.read(self.answer(method, path, body, **query))

    def answer(self, method, path, body=None, **query):
        """Send a request and return the answer, whatever it is."""
        uri = f"{self._api_url}{path}?{urlencode(query, doseq=True)}".removesuffix("?")
        return self._http.request(method, uri, json=body, headers=self._headers)

    def read(self, answer):
        """Return what a good answer has."""
        text = answer.data.decode()
        assert answer.status < 300, f"{answer.url}: {answer.status} {text}"
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return json.loads(text) if text and is_json else text or None

    def close(self):
        self._http.clear()

    # --- definitions -----------------------------------------------------------

    def register(self, definitions):
        """Register definitions, and leave no others of their names."""
        wanted = {(one["name"], one.get("version", 1)): one for one in definitions}
        names = {name for name, _ in wanted}
        known = {key: one for key, one in self._registered.items() if key[0] in names}
        for name, version in known.keys() - wanted.keys():
            self.ask("DELETE", f"/metadata/workflow/{quote(name, safe='')}/{version}")
            del self._registered[name, version]
        self.ask("PUT", "/metadata/workflow", definitions)
        self._registered |= wanted
        if any(one != wanted.get(key) for key, one in known.items()):
            time.sleep(DEFINITIONS_KEPT)

    # --- workflows -------------------------------------------------------------

    def start(self, name, workflow_input, **fields):
        request = {"name": name, "input": workflow_input, **fields}
        return self.ask("POST", "/workflow", request)

    def workflow(self, workflow_id):
        """Return a workflow, and keep in mind of what types its waiting tasks are."""
        workflow = self.ask("GET", f"/workflow/{workflow_id}")
        self._waiting |= {
            task["taskType"]
            for task in workflow["tasks"]
            if task["status"] == "SCHEDULED" and task["taskType"] not in TASK_TYPES
        }
        return workflow

    def signal_task(self, workflow_id, ref, status="COMPLETED", output=None):
        path = f"/tasks/{workflow_id}/{quote(ref)}/{status}"
        return self.ask("POST", path, output or {})

    def push(self, workflow_id, payload):
        return self.ask("POST", f"/workflow/{workflow_id}/messages", payload)

    def terminate(self, workflow_id, reason):
        self.ask("DELETE", f"/workflow/{workflow_id}", reason=reason)

    # --- workers ---------------------------------------------------------------

    def queue_sizes(self):
        """Return the queues of which a task was seen to wait since this was asked."""
        seen, self._waiting = self._waiting, set()
        return dict.fromkeys(sorted(seen), 1)

    def poll(self, task_type, worker="worker", count=1):
        path = f"/tasks/poll/batch/{quote(task_type)}"
        return self.ask("GET", path, workerid=worker, count=count)

    def report(self, task, status="COMPLETED", output=None, **fields):
        result = {key: task.get(key) for key in ("workflowInstanceId", "taskId")}
        result |= {"workerId": task.get("workerId"), "status": status}
        self.ask("POST", "/tasks", {**result, "outputData": output or {}, **fields})

    # --- time ------------------------------------------------------------------

    def settle(self):
        """Nothing to do: the deployment's functions are at it."""

    def pass_time(self):
        """Wait a little."""
        time.sleep(PAUSE)
        return True
