"""``/api/token``: a token for an access key (reference 12, #5)."""

from __future__ import annotations

from pydantic import SecretStr

from podium.bootstrap import Podium
from podium.errors import NotFound
from podium.model.conductor_json import ConductorModel
from podium.service.execution_view import JsonObject
from podium_functions.endpoint import Routes

routes = Routes("Access", "/api/token")


class TokenRequest(ConductorModel):
    """A key's two halves; the secret shows in no representation."""

    key_id: str = ""
    key_secret: SecretStr = SecretStr("")


@routes.post("")
def issue_token(podium: Podium, body: TokenRequest) -> JsonObject:
    """Get a token, to be sent as ``X-Authorization``.

    404 where no keys are asked for: that is how clients know.
    """
    if podium.authentication is None:
        raise NotFound("No static resource api/token.")
    secret = body.key_secret.get_secret_value()
    return {"token": podium.authentication.issue(body.key_id, secret)}
