"""Workers that outlive the server they work for."""

import threading

import urllib3

from podium_process import PATIENCE

WORKERS = 4


class Fleet:
    """Workers that try again until there is a server, as those of the SDKs do.

    ``answer(task)`` is the status that they report.
    """

    def __init__(
        self,
        server,
        task_type,
        patience=PATIENCE,
        answer=lambda _task: "COMPLETED",
        workers=WORKERS,
    ):
        self.server = server
        self.reported = 0
        self._type = task_type
        self._patience = patience
        self._answer = answer
        self._is_done = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, args=(f"worker-{number}",))
            for number in range(workers)
        ]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_raised):
        self._tell("_is_done", True)
        for thread in self._threads:
            thread.join()

    def move_to(self, server):
        self._tell("server", server)

    def wait_for_reports(self, count):
        with self._changed:
            assert self._changed.wait_for(
                lambda: self.reported >= count, self._patience
            )

    def _tell(self, name, value):
        with self._changed:
            setattr(self, name, value)
            self._changed.notify_all()

    def _work(self, worker):
        poll = f"/api/tasks/poll/{self._type}?workerid={worker}"
        while not self._is_done:
            polled = self._ask("GET", poll)
            while polled is not None:
                polled = self._report(polled, worker)

    def _report(self, polled, worker):
        result = {
            "workflowInstanceId": polled["workflowInstanceId"],
            "taskId": polled["taskId"],
            "workerId": worker,
            "status": self._answer(polled),
            "outputData": polled["inputData"],
        }
        following = self._ask("POST", "/api/tasks/update-v2", result)
        self._tell("reported", self.reported + 1)
        return following

    def _ask(self, method, path, body=None):
        while not self._is_done:
            server = self.server
            try:
                return server.ask(method, path, body)
            except urllib3.exceptions.HTTPError:
                with self._changed:
                    self._changed.wait_for(
                        lambda asked=server: self._is_done or self.server is not asked,
                        self._patience,
                    )
        return None
