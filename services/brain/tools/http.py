"""Tools implemented by a web service: the arguments are posted, the response is the result."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

import httpx2
import stamina
import structlog

from parley.agent_config import HttpTool
from services.brain.settings import read_secret
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext

log = structlog.get_logger()

_MAX_RESULT_CHARS = 16_384
_MAX_REASON_CHARS = 500
_TIMEOUT_MARGIN_S = 1.0
"""The request times out before the runner does, so that the result contains the last failure."""


class _RetryableError(Exception):
    """A failure that may be temporary; a retry with the same idempotency key is harmless."""


def build(section: HttpTool, context: ToolContext) -> Sequence[Tool]:
    """Build the tool that posts its arguments to the configured URL."""
    tool = _HttpTool(section, context.http, context.call_sid)
    timeout_s = section.timeout_s + _TIMEOUT_MARGIN_S
    return (Tool(section.name, section.description, section.parameters, tool.run, timeout_s=timeout_s),)


@dataclass(frozen=True, slots=True)
class _HttpTool:
    """An HTTP tool within one call; the client is shared by all calls of the process."""

    spec: HttpTool
    client: httpx2.AsyncClient
    call_sid: str

    async def run(self, call: ToolCall) -> str:
        """Post the arguments; retry failures that may be temporary until the time limit."""
        spec = self.spec
        headers = {
            "Content-Type": "application/json",
            # Derived from the request, not from the process, so that the next owner sends the same key after
            # a takeover.
            "Idempotency-Key": f"{self.call_sid}:{call.tool_call_id}",
            "X-Call-Sid": self.call_sid,
        }
        if spec.token_env:
            headers["Authorization"] = f"Bearer {_token(spec)}"
        reason = "the service did not respond"
        try:
            async with asyncio.timeout(spec.timeout_s):
                async for attempt in stamina.retry_context(
                    on=_RetryableError,
                    attempts=None,
                    timeout=None,
                    wait_initial=0.1,
                    wait_max=1.0,
                    wait_jitter=0.1,
                ):
                    with attempt:
                        try:
                            return await self._post(call.arguments or "{}", headers)
                        except _RetryableError as error:
                            reason = str(error)
                            raise
        except TimeoutError:
            pass
        raise ToolFailed(f"{reason}; no success within {spec.timeout_s:g} s")

    async def _post(self, arguments: str, headers: dict[str, str]) -> str:
        try:
            async with self.client.stream(
                "POST", self.spec.url, content=arguments, headers=headers, timeout=self.spec.timeout_s
            ) as response:
                text = await _read_limited(response)
        except httpx2.TransportError as error:
            raise _RetryableError(f"the service cannot be reached: {type(error).__name__}") from None
        if response.status_code in (425, 429) or response.status_code >= 500:
            raise _RetryableError(f"the service responded with HTTP {response.status_code}")
        if not response.is_success:
            raise ToolFailed(
                f"the service responded with HTTP {response.status_code}: {text[:_MAX_REASON_CHARS]}"
            )
        return _as_json(text)


async def _read_limited(response: httpx2.Response) -> str:
    """Read the text of a response up to the limit."""
    text = ""
    async for part in response.aiter_text():
        text += part
        if len(text) >= _MAX_RESULT_CHARS:
            break
    return text[:_MAX_RESULT_CHARS]


def _token(spec: HttpTool) -> str:
    token = read_secret(spec.token_env)
    if not token:
        log.error("tool_token_not_set", tool=spec.name, variable=spec.token_env)
        raise ToolFailed("the service's token is not set")
    return token


def _as_json(text: str) -> str:
    try:
        json.loads(text)
    except ValueError:
        return json.dumps({"text": text})
    return text
