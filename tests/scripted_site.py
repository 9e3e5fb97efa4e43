"""A site on the loopback that answers HTTP tasks as scripted workers would.

Its address and the task's place are put before the ``uri`` of each HTTP task of a
definition, and of those that a fork or a script makes; the uri as it was written,
expressions and all, is the rest of the path.  Nothing else is altered.
"""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

from corpus import type_of
from http_site import running

_IN_SCRIPT = re.compile(r"\buri: '(?=https?:)")


class ScriptedSite(ThreadingHTTPServer):
    """Answers for whichever ``workers`` are at it; ``methods`` are what was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answering)
        self.workers = None
        self.methods = set()

    def led_here(self, definition):
        """Return a definition whose HTTP tasks ask this site."""
        return self._led(definition, definition["name"], None)

    def _led(self, value, name, task):
        if isinstance(value, list):
            return [self._led(one, name, task) for one in value]
        if isinstance(value, str):
            return _IN_SCRIPT.sub(rf"\g<0>{self._address(name, task)}/", value)
        if not isinstance(value, dict):
            return value
        if "tasks" in value and "name" in value:
            name = value["name"]
        if "taskReferenceName" in value:
            task = value
        led = {key: self._led(one, name, task) for key, one in value.items()}
        if led.get("uri") and type_of(task) != "SIMPLE":
            led["uri"] = f"{self._address(name, task)}/{led['uri']}"
        return led

    def _address(self, name, task):
        ref = task["taskReferenceName"] if task else "none"
        place = "/".join(quote(one, safe="") for one in (name, ref))
        return f"http://127.0.0.1:{self.server_port}/{place}"


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        workflow_type, ref = map(unquote, self.path.split("/", 3)[1:3])
        body = json.dumps(self.server.workers.response_body(workflow_type, ref))
        self.send_response_only(200)  # without the date, which is another each time
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
        self.server.methods.add(self.command)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_given):
        """Say nothing: what was asked is in ``methods``."""


def serving():
    """Open a site for as long as it is wanted."""
    return running(ScriptedSite())
