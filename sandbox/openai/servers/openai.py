"""OpenAI, and Azure OpenAI with the same checks, errors of its own and the annotations of its filter."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.openai.errors import ApiError
from sandbox.openai.models import SANDBOX, chat_model_errors, find_family
from sandbox.openai.servers.server import Refusal, Server
from sandbox.openai.validation.chat import chat_errors

_SAFE = {
    name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")
}


def _refusals(*, named_unknown: bool) -> Callable[[Mapping[str, Any]], Iterator[Refusal]]:
    """The checks of the API, then those of the model's family.

    With `named_unknown` the newer models name an unknown parameter in `param`; otherwise none do.
    """

    def refusals(body: Mapping[str, Any]) -> Iterator[Refusal]:
        model = body.get("model") if isinstance(body, Mapping) else None
        family = (find_family(model) if isinstance(model, str) else None) or SANDBOX
        general = chat_errors(body, named_unknown=named_unknown and bool(family.efforts))
        # Both are evaluated lazily: the checks of the family rely on those before them.
        for error in itertools.chain(general, chat_model_errors(body, family)):
            yield Refusal(error.status, error.body)

    return refusals


def _azure_error(error: ApiError) -> Any:
    if error.status == 401:
        text = (
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a "
            "valid key for an active subscription and use a correct regional API endpoint for your resource."
        )
        return {"error": {"code": "401", "message": text}}
    if error.status == 404:
        text = (
            "The API deployment for this resource does not exist. If you created the deployment within the "
            "last 5 minutes, please wait a moment and try again."
        )
        return {"error": {"code": "DeploymentNotFound", "message": text}}
    return error.body


def _azure_adapt(data: dict[str, Any]) -> dict[str, Any]:
    for choice in data.get("choices") or ():
        choice.setdefault("content_filter_results", _SAFE if choice.get("delta") != {} else {})
    return data


OPENAI = Server("openai", ("/openai/v1",), _refusals(named_unknown=True))
AZURE = Server(
    "azure",
    ("/azure/openai/v1", "/azure/v1"),
    _refusals(named_unknown=False),
    error_body=_azure_error,
    quirks=frozenset({"empty_choices", "null_delta"}),
    adapt=_azure_adapt,
)
