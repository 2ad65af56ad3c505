"""A language model client over plain HTTP: one request for each answer, adapted to what the server accepts.

Used by providers whose SDK would take longer to import than a call may wait: anthropic 2 s and 77 MB,
google-genai 0.8 s and 70 MB, httpx2 alone 0.08 s and 13 MB.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import httpx2
import structlog

from parley.agent_config import LlmConfig
from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.providers.llm import Done, LlmEvent, Message, TextDelta, ToolChoice
from services.brain.providers.streams.http_api import Correction, HttpApi, HttpRequest
from services.brain.providers.streams.http_errors import describe
from services.brain.providers.streams.model_input import ModelInput
from services.brain.providers.streams.observed_refusals import ObservedRefusals, Target
from services.brain.providers.streams.pause_limits import PauseLimits
from services.brain.providers.streams.refusal import read_refusal
from services.brain.providers.streams.safe_text import safe_message
from services.brain.providers.streams.servers import Server
from services.brain.providers.streams.stream_events import read_answer
from services.brain.providers.streams.warm_servers import CONNECT_TIMEOUT_S, WarmServers

log = structlog.get_logger()

_READ_TIMEOUT_S = 30.0
_KEEPALIVE_S = 120.0
"""Idle time before a connection closes; with the default of 5 s most turns would open a new one."""
_MAX_CORRECTIONS = 3
"""Corrections within one request."""
_CHARS_PER_TOKEN = 10
"""More than this times `llm.max_tokens` is longer than the answer may be."""
_MAX_ERROR_BYTES = 65_536
_ERROR_BODY_TIMEOUT_S = 2.0
_STATUSES = frozenset({400, 422})
_KEY_STATUSES = frozenset({401, 403})
"""Statuses of refusals that may name a setting."""


@asynccontextmanager
async def open_http() -> AsyncIterator[httpx2.AsyncClient]:
    """Open the connection pool of a provider."""
    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=200, keepalive_expiry=_KEEPALIVE_S)
    timeout = httpx2.Timeout(_READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    # A redirect would carry the key to another server.
    async with httpx2.AsyncClient(limits=limits, timeout=timeout, follow_redirects=False) as http:
        yield http


class HttpLlmClient:
    """A client shared by all calls of a process; its connections stay open between answers."""

    def __init__(
        self,
        api: HttpApi,
        http: httpx2.AsyncClient,
        *,
        token_timeout_s: float,
        tool_call_timeout_s: float,
        on_use: Callable[[Server, str], None] = lambda _server, _model: None,
    ) -> None:
        """Create a client; `on_use` is called with the server and model of each request."""
        self._api = api
        self._http = http
        self._limits = PauseLimits(token_timeout_s, tool_call_timeout_s)
        self._on_use = on_use
        self._observed = ObservedRefusals()
        self._warm: WarmServers[Server] = WarmServers(self._connect)

    async def warm_up(self) -> None:
        """Open a connection to each server in use; errors are ignored, because the request reports them."""
        await self._warm.warm_up(lambda: self._api.server(LlmConfig(provider=self._api.provider)))

    async def stream(
        self,
        config: LlmConfig,
        messages: Sequence[Message],
        tools: Sequence[Mapping[str, Any]],
        *,
        call_sid: str,
        tool_choice: ToolChoice = "auto",
    ) -> AsyncGenerator[LlmEvent]:
        """Stream an answer; see `LlmClient`."""
        server = self._api.server(config)
        if server.is_providers_own and not server.key:
            raise ProviderRejected(self._api.provider, f"no API key: set {server.key_env}")
        deadline_s = _now_s() + config.timeout_s
        self._warm.use(server)
        self._on_use(server, config.model)
        given = ModelInput(messages, tools, call_sid, tool_choice)
        response = await self._open_until(deadline_s, server, config, given)
        limits = self._limits.of(f"{server.base_url} {config.model}", deadline_s - _now_s())
        answer = read_answer(
            response.aiter_bytes(),
            self._api.reader(given),
            limits,
            has_tools=bool(tools),
            provider=self._api.provider,
        )
        try:
            async with aclosing(_limited(answer, config.max_tokens)) as events:
                async for event in events:
                    yield event
        except ProviderError as error:
            raise type(error)(error.provider, safe_message(error.reason, [*given.private_texts()])) from error
        finally:
            # Of an answer that is not complete the connection closes, so that the provider stops.
            with suppress(Exception):
                await response.aclose()

    async def _open_until(
        self, deadline_s: float, server: Server, config: LlmConfig, given: ModelInput
    ) -> httpx2.Response:
        try:
            async with asyncio.timeout_at(deadline_s):
                return await self._open(server, config, given)
        except TimeoutError:
            reason = f"no response within {config.timeout_s:g} s"
            raise ProviderTimeout(self._api.provider, reason) from None

    async def _open(self, server: Server, config: LlmConfig, given: ModelInput) -> httpx2.Response:
        """Send the request; a refusal that names a setting is answered by a request without it.

        Raises:
            ProviderError: the server refused the request or could not be reached.
        """
        target = Target(server.base_url, config.model)
        corrections = 0
        while True:
            refused = self._observed.get(target, _now_s())
            request = self._api.request(server, config, given, refused)
            self._log_ignored(target, request)
            response = await self._post(server, request)
            if response.status_code == 200 and not _is_html(response):
                return response
            body = await _error_body(response)
            if response.status_code == 200:
                raise ProviderUnavailable(
                    self._api.provider, "an HTML page instead of an answer: check the base URL"
                )
            refusal = read_refusal(response.status_code, body)
            correctable = _STATUSES | _KEY_STATUSES if request.has_other_auth else _STATUSES
            correction = self._api.correction(refusal, request) if refusal.status in correctable else None
            if correction is not None and correction.setting not in refused:
                self._adopt(target, correction, refusal.status)
                if corrections < _MAX_CORRECTIONS:
                    corrections += 1
                    continue
            reason = describe(refusal, [server.key, *given.private_texts()])
            error = self._api.error(refusal, server, config, reason)
            # Retryable after a correction: the next attempt sends the corrected request.
            raise error if correction is None else ProviderUnavailable(self._api.provider, error.reason)

    async def _post(self, server: Server, request: HttpRequest) -> httpx2.Response:
        provider = self._api.provider
        content = json.dumps(request.body, ensure_ascii=False, separators=(",", ":"))
        headers = {"content-type": "application/json", "accept": "text/event-stream", **request.headers}
        try:
            built = self._http.build_request(
                "POST",
                f"{server.base_url}{request.path}",
                headers=headers,
                content=content.encode("utf-8", "replace"),
            )
            return await self._http.send(built, stream=True)
        except httpx2.TimeoutException:
            raise ProviderTimeout(provider, "the connection timed out") from None
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL, OSError) as error:
            raise ProviderUnavailable(provider, f"connection: {type(error).__name__}") from error
        except (ValueError, UnicodeError) as error:
            # A key with a line break or other characters that no header may have.
            reason = f"the request cannot be sent: {type(error).__name__}; check {server.key_env}"
            raise ProviderRejected(provider, reason) from None

    async def _connect(self, server: Server) -> None:
        path, headers = self._api.warm_up(server)
        await self._http.get(f"{server.base_url}{path}", headers=headers)

    def _adopt(self, target: Target, correction: Correction, status: int) -> None:
        self._observed.add(target, correction.setting, _now_s())
        log.warning(
            "llm_request_adapted",
            base_url=target.base_url,
            model=target.model,
            status=status,
            refused=correction.refused,
        )

    def _log_ignored(self, target: Target, request: HttpRequest) -> None:
        for setting in request.ignored:
            if self._observed.is_new(target, setting, _now_s()):
                log.warning(
                    "llm_setting_not_sent", base_url=target.base_url, model=target.model, setting=setting
                )


async def _limited(answer: AsyncGenerator[LlmEvent], max_tokens: int) -> AsyncGenerator[LlmEvent]:
    """The answer, cut at the agent's limit: a model that thinks gets more tokens, which may become text."""
    rest = max_tokens * _CHARS_PER_TOKEN
    async with aclosing(answer) as events:
        async for event in events:
            if isinstance(event, TextDelta):
                if len(event.text) > rest:
                    yield TextDelta(event.text[:rest])
                    yield Done("length")
                    return
                rest -= len(event.text)
            yield event


async def _error_body(response: httpx2.Response) -> object:
    """The JSON or text of an error response; whatever can be read of it."""
    content = bytearray()
    async with aclosing(response):
        with suppress(TimeoutError, httpx2.HTTPError, httpx2.StreamError, OSError):
            async with asyncio.timeout(_ERROR_BODY_TIMEOUT_S):
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > _MAX_ERROR_BYTES:
                        break
    text = bytes(content).decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _is_html(response: httpx2.Response) -> bool:
    return response.headers.get("content-type", "").startswith("text/html")


def _now_s() -> float:
    return asyncio.get_running_loop().time()
