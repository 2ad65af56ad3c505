"""Tools that are somebody's web service: the arguments are posted, the answer goes to the model."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
import stamina
import structlog

from parley.agent_config import HttpTool
from services.brain.conversation import ToolCall
from services.brain.settings import secret_of
from services.brain.tools import Tool, ToolFailed

log = structlog.get_logger()

_MOST_RESULT = 16_384
_MOST_REASON = 500
_CONNECTIONS = 200
_BACKSTOP_S = 1.0


class _TryAgain(Exception):
    """It may work a moment later; with the same key a repeat is harmless."""


@dataclass(frozen=True, slots=True)
class HttpTools:
    """One call's way to such services; the client is the process's."""

    client: httpx2.AsyncClient
    call_sid: str

    def tool(self, spec: HttpTool) -> Tool:
        """As the model is told of it, and how it is run."""

        async def run(use: ToolCall) -> str:
            return await self._run(spec, use)

        return Tool(spec.name, spec.description, spec.parameters, run, timeout_s=spec.timeout_s + _BACKSTOP_S)

    async def _run(self, spec: HttpTool, use: ToolCall) -> str:
        headers = {
            "Content-Type": "application/json",
            # Of what is asked, not of the process: who takes the call over asks with the same.
            "Idempotency-Key": f"{self.call_sid}:{use.tool_call_id}",
            "X-Call-Sid": self.call_sid,
        }
        if spec.token_env:
            headers["Authorization"] = f"Bearer {_token(spec)}"
        reason = "the service did not answer"
        try:
            async with asyncio.timeout(spec.timeout_s):
                async for attempt in stamina.retry_context(
                    on=_TryAgain, attempts=None, timeout=None, wait_initial=0.1, wait_max=1.0, wait_jitter=0.1
                ):
                    with attempt:
                        try:
                            return await self._post(spec, use.arguments or "{}", headers)
                        except _TryAgain as error:
                            reason = str(error)
                            raise
        except TimeoutError:
            pass
        raise ToolFailed(f"{reason}, for {spec.timeout_s:g} s")

    async def _post(self, spec: HttpTool, arguments: str, headers: dict[str, str]) -> str:
        try:
            async with self.client.stream(
                "POST", spec.url, content=arguments, headers=headers, timeout=spec.timeout_s
            ) as reply:
                text = await _beginning(reply)
        except httpx2.TransportError as error:
            raise _TryAgain(f"the service cannot be reached: {type(error).__name__}") from None
        if reply.status_code in (425, 429) or reply.status_code >= 500:
            raise _TryAgain(f"the service answered HTTP {reply.status_code}")
        if not reply.is_success:
            raise ToolFailed(f"the service answered HTTP {reply.status_code}: {text[:_MOST_REASON]}")
        return _as_json(text)


async def _beginning(reply: httpx2.Response) -> str:
    """Its text, as far as the model is told of it."""
    text = ""
    async for part in reply.aiter_text():
        text += part
        if len(text) >= _MOST_RESULT:
            break
    return text[:_MOST_RESULT]


def _token(spec: HttpTool) -> str:
    token = secret_of(spec.token_env)
    if not token:
        log.error("token of a tool is not set", tool=spec.name, variable=spec.token_env)
        raise ToolFailed("the service's token is not set")
    return token


def _as_json(text: str) -> str:
    try:
        json.loads(text)
    except ValueError:
        return json.dumps({"text": text})
    return text


@asynccontextmanager
async def open_http() -> AsyncIterator[httpx2.AsyncClient]:
    """One client for all calls of a process; redirects are not followed: a POST would become a GET."""
    limits = httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    async with httpx2.AsyncClient(limits=limits) as client:
        yield client
