"""What may happen to the requests of a process on AWS, and between them.

A *fault* is given a request and returns what its client hears, or raises.  All requests
of some clients go through a *wire*: it says which of them something happens to.
"""

import json
import random
from contextlib import contextmanager, suppress
from functools import partial

from botocore.awsrequest import AWSResponse
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from aws_resources import connect_fakes
from podium.errors import Conflict, NotFound
from story import Crash
from world import SECOND

_ENDPOINT = "https://aws"
_STEPS = 6
"""In how many steps others act while a process stands still."""


class Request:
    """A request that its client is about to make."""

    def __init__(self, make, model, sent):
        self._make = partial(make, model)
        self._sent = sent
        self.operation = model.name

    def carry_out(self, **changed):
        """Make it, again where it was made before; return what is answered to it."""
        body = self._sent["body"]
        if hasattr(body, "seek"):
            body.seek(0)
        return self._make({**self._sent, **changed})

    def read(self):
        """Return what is asked for."""
        return json.loads(self._sent["body"])

    def carry_out_instead(self, asked):
        """Make it with something else asked for."""
        return self.carry_out(body=json.dumps(asked).encode())


# --- what may happen to a request ----------------------------------------------------


def crash(_request):
    """The process dies before it."""
    raise Crash


def refused(_request):
    """It is not carried out."""
    return _failure()


def unanswered(request):
    """It is carried out, and said not to be."""
    request.carry_out()
    return _failure()


def unreachable(_request):
    """Nobody is there to carry it out."""
    raise EndpointConnectionError(endpoint_url=_ENDPOINT)


def silent(request):
    """It is carried out, and nothing is heard of it."""
    request.carry_out()
    raise ReadTimeoutError(endpoint_url=_ENDPOINT)


def repeated(request):
    """It is carried out twice, as by botocore's retry where an answer got lost."""
    request.carry_out()
    return request.carry_out()


def doubled(request):
    """It is carried out twice, and the first answer is heard."""
    answer = request.carry_out()
    request.carry_out()
    return answer


def partly(request):
    """Half of a batch is carried out, the first of it not."""
    return _IN_PART[request.operation](request)


FAULTS = (crash, refused, unanswered, repeated, doubled, partly)
"""To Podium one that is unreachable or silent is as good as refused or unanswered."""


def may_befall(fault, operation):
    """Tell whether a fault is one of such requests."""
    return fault is not partly or operation in _IN_PART


def _failure():
    error = {"Code": "InternalServerError", "Message": "on purpose"}
    return _answer(500, {"Error": error})


def _answer(status, parsed):
    parsed["ResponseMetadata"] = {"HTTPStatusCode": status}
    return AWSResponse(_ENDPOINT, status, {}, None), parsed


def _messages_in_part(request):
    asked = request.read()
    left, done = asked["Entries"][::2], asked["Entries"][1::2]
    answer = _answer(200, {})
    if done:
        answer = request.carry_out_instead({**asked, "Entries": done})
    failed = [
        {"Id": one["Id"], "Code": "InternalError", "SenderFault": False} for one in left
    ]
    answer[1].setdefault("Failed", []).extend(failed)
    return answer


def _items_in_part(request):
    [(table, left)] = request.read()["RequestItems"].items()
    return _part_of_items(request, table, left[::2], left[1::2], "UnprocessedItems")


def _keys_in_part(request):
    [(table, asked)] = request.read()["RequestItems"].items()
    left, done = ({**asked, "Keys": asked["Keys"][first::2]} for first in (0, 1))
    if not done["Keys"]:
        done = None
    return _part_of_items(request, table, left, done, "UnprocessedKeys")


def _part_of_items(request, table, left, done, unprocessed):
    answer = _answer(200, {"Responses": {}})
    if done:
        answer = request.carry_out_instead({"RequestItems": {table: done}})
    answer[1][unprocessed] = {table: left}
    return answer


_IN_PART = {
    "SendMessageBatch": _messages_in_part,
    "DeleteMessageBatch": _messages_in_part,
    "ChangeMessageVisibilityBatch": _messages_in_part,
    "BatchGetItem": _keys_in_part,
    "BatchWriteItem": _items_in_part,
}


# --- which of them it happens to -----------------------------------------------------


class Wire:
    """Notes the requests of some clients; nothing happens to them.

    It knows the ``story``, and a process beside the one that serves it, whose requests
    are not noted.
    """

    def __init__(self):
        self.requests = []
        self.story = None
        self.beside = None
        self._is_apart = False

    def pass_on(self, request):
        """Return what the client of a request hears."""
        if self._is_apart:
            return request.carry_out()
        self.requests.append(request.operation)
        return self.strike(request, len(self.requests))

    def strike(self, request, _number):
        """Return what the client hears of the request with this number."""
        return request.carry_out()

    @contextmanager
    def apart(self):
        """Let the process beside act."""
        self._is_apart = True
        try:
            yield self.beside
        finally:
            self._is_apart = False


class OneFault(Wire):
    """Something happens to the chosen request."""

    def __init__(self, fault, at):
        super().__init__()
        self._at = at
        self._fault = fault

    def strike(self, request, number):
        return self._fault(request) if number == self._at else request.carry_out()


class ManyFaults(Wire):
    """Anything may happen to any request, but not for ever."""

    def __init__(self, seed, left=12):
        super().__init__()
        self._random = random.Random(seed)
        self._left = left

    def strike(self, request, _number):
        if not self._left or self._random.random() > 0.03:
            return request.carry_out()
        self._left -= 1
        faults = [
            one
            for one in (*FAULTS, unreachable, silent)
            if may_befall(one, request.operation)
        ]
        return self._random.choice(faults)(request)


class Meddler(Wire):
    """Somebody else changes the workflow before each of some requests in a row."""

    def __init__(self, at, number=12):
        super().__init__()
        self._wanted = range(at, at + number)

    def strike(self, request, number):
        if number in self._wanted and self.story.started is not None:
            with self.apart() as beside, suppress(Conflict, NotFound):
                beside.podium.workflows.pause(self.story.started)
                beside.podium.workflows.resume(self.story.started)
        return request.carry_out()


class Delay(Wire):
    """The process stands still at the chosen request, and then goes on.

    Meanwhile everything that becomes due is done beside it, and clients act there.  The
    request is carried out after that, or it was before: then its answer is late.
    """

    def __init__(self, seconds, at, *, is_answer=False):
        super().__init__()
        self._at = at
        self._step = seconds * SECOND // _STEPS
        self._is_answer = is_answer

    def strike(self, request, number):
        if number != self._at:
            return request.carry_out()
        if self._is_answer:
            answer = request.carry_out()
            self._let_others_act()
            return answer
        self._let_others_act()
        return request.carry_out()

    def _let_others_act(self):
        with self.apart() as beside:
            for _ in range(_STEPS):
                beside.advance(self._step)
                self.story.act_beside(beside)


class Wired:
    """Clients whose requests all go through the ``wire`` of the moment."""

    def __init__(self):
        self.clients = connect_fakes()
        self.wire = Wire()
        for one in (self.clients.dynamodb, self.clients.sqs, self.clients.s3):
            endpoint = one._endpoint
            endpoint.make_request = partial(self._pass_on, endpoint.make_request)

    def _pass_on(self, make, model, sent):
        return self.wire.pass_on(Request(make, model, sent))
