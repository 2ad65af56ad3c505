"""Tools implemented by a web service: the arguments are sent in a request, the response is the result."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx2
import stamina
import structlog

from parley.agent_config import HttpTool
from services.brain.settings import read_secret
from services.brain.tool_arguments import NO_ARGUMENTS
from services.brain.tool_call import ToolCall
from services.brain.tools import Tool, ToolFailed
from services.brain.tools.context import ToolContext
from services.brain.tools.http_request import HttpRequest, build_request
from services.brain.tools.http_signature import signature_headers
from services.brain.tools.results import MAX_RESULT_CHARS, as_json, limited, part_of

log = structlog.get_logger()

_MAX_REASON_CHARS = 500
_MAX_RESPONSE_CHARS = 256 * 1024
"""The length of a response of which only a part is the result; it takes a few milliseconds to parse."""
_TIMEOUT_MARGIN_S = 1.0
"""The request times out before the runner does, so that the result contains the last failure."""
_RETRY_PAUSE_S, _MAX_RETRY_PAUSE_S = 0.1, 1.0


class _RetryableError(Exception):
    """A failure that may be temporary; a retry with the same idempotency key is harmless."""


def build(section: HttpTool, context: ToolContext) -> Sequence[Tool]:
    """Build the tool that sends its arguments to the configured URL."""
    tool = _HttpTool(section, context)
    timeout_s = section.timeout_s + _TIMEOUT_MARGIN_S
    return (Tool(section.name, section.description, section.parameters, tool.run, timeout_s=timeout_s),)


@dataclass(frozen=True, slots=True)
class _HttpTool:
    """An HTTP tool within one call; the client is shared by all calls of the process."""

    section: HttpTool
    context: ToolContext

    async def run(self, call: ToolCall) -> str:
        """Send the arguments; retry failures that may be temporary until the time limit."""
        section = self.section
        secrets = {name: self._secret(name) for name in section.secrets}
        arguments = json.loads(call.arguments or NO_ARGUMENTS)
        request = build_request(section, arguments, self.context.call_data, secrets)
        headers = {
            **request.headers,
            # Derived from the request, not from the process, so that the next owner sends the same key after
            # a takeover.
            "Idempotency-Key": f"{self.context.call_sid}:{call.tool_call_id}",
            "X-Call-Sid": self.context.call_sid,
        }
        if section.token_env:
            headers["Authorization"] = f"Bearer {secrets[section.token_env]}"
        reason = "the service did not respond"
        try:
            async with asyncio.timeout(section.timeout_s):
                async for attempt in stamina.retry_context(
                    on=_RetryableError,
                    attempts=None,
                    timeout=None,
                    wait_initial=_RETRY_PAUSE_S,
                    wait_max=_MAX_RETRY_PAUSE_S,
                    wait_jitter=_RETRY_PAUSE_S,
                ):
                    with attempt:
                        try:
                            return await self._send(request, headers, secrets)
                        except _RetryableError as error:
                            reason = str(error)
                            raise
        except TimeoutError:
            pass
        raise ToolFailed(f"{reason}; no success within {section.timeout_s:g} s")

    async def _send(
        self, request: HttpRequest, headers: Mapping[str, str], secrets: Mapping[str, str]
    ) -> str:
        section = self.section
        signed = self._signature(request, secrets)
        try:
            async with self.context.http.stream(
                section.method,
                request.url,
                content=request.body or None,
                headers={**headers, **signed},
                timeout=section.timeout_s,
            ) as response:
                text = await _read_limited(response, self._max_chars)
        except httpx2.TransportError as error:
            raise _RetryableError(f"the service cannot be reached: {type(error).__name__}") from None
        except httpx2.HTTPError as error:
            raise ToolFailed(f"the service's response cannot be read: {type(error).__name__}") from None
        if response.status_code in (425, 429) or response.status_code >= 500:
            raise _RetryableError(f"the service responded with HTTP {response.status_code}")
        if response.is_redirect:
            raise ToolFailed(
                f"the service responded with HTTP {response.status_code}: redirects are not followed, so the"
                " tool's `url` must be the final address"
            )
        if not response.is_success:
            raise ToolFailed(
                f"the service responded with HTTP {response.status_code}: {text[:_MAX_REASON_CHARS]}"
            )
        return limited(part_of(as_json(text), section.result_path) if section.result_path else text)

    @property
    def _max_chars(self) -> int:
        """The characters of a response that are read."""
        # One more than fit, so that a longer one is marked as cut off.
        return _MAX_RESPONSE_CHARS if self.section.result_path else MAX_RESULT_CHARS + 1

    def _signature(self, request: HttpRequest, secrets: Mapping[str, str]) -> dict[str, str]:
        section = self.section
        if not section.signature_env:
            return {}
        key = secrets[section.signature_env]
        return signature_headers(key, section.method, request.target, request.body, now_s=int(time.time()))

    def _secret(self, name: str) -> str:
        value = read_secret(name)
        if not value:
            log.error("tool_secret_not_set", tool=self.section.name, variable=name)
            raise ToolFailed("a key or token of the service is not set")
        return value


async def _read_limited(response: httpx2.Response, max_chars: int) -> str:
    """Read the text of a response up to the limit."""
    parts: list[str] = []
    length = 0
    async for part in response.aiter_text():
        parts.append(part)
        length += len(part)
        if length >= max_chars:
            break
    return "".join(parts)[:max_chars]
