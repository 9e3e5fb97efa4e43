"""Events as API Gateway's HTTP API sends them, payload format 2.0."""

import base64
import json
from pathlib import Path

from podium_local.gateway import RequestContext

CONTEXT = RequestContext("request")
_FOLDER = Path(__file__).parent / "events"


def recorded(name, **path):
    """Return a recorded event; ``path`` fills the braces of its paths."""
    event = json.loads((_FOLDER / f"{name}.json").read_text())
    for holder, key in ((event, "rawPath"), (event["requestContext"]["http"], "path")):
        holder[key] = holder[key].format(**path)
    return event


def event(method, path, *, query="", body=None):
    """Return the event of a request; a body that is bytes is sent as base64."""
    made = recorded("start_workflow")
    made |= {"rawPath": path, "rawQueryString": query}
    made["requestContext"]["http"] |= {"method": method, "path": path}
    del made["queryStringParameters"], made["body"]
    if isinstance(body, bytes):
        made |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    elif body is not None:
        made["body"] = body if isinstance(body, str) else json.dumps(body)
    return made
