"""The client of the provider `openai`: one request for each answer, adapted to what the server accepts."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any

import openai
import structlog
from openai import AsyncStream

from parley.agent_config import LlmConfig
from parley.errors import ConfigError, ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.providers.llm import LlmEvent, Message, ToolChoice
from services.brain.providers.openai.answers import Answers
from services.brain.providers.openai.chat_request import build_chat_request
from services.brain.providers.openai.corrected_profiles import CorrectedProfiles, Target
from services.brain.providers.openai.corrections import find_correction
from services.brain.providers.openai.errors import ERROR_WITHIN_STREAM, PROVIDER, map_error
from services.brain.providers.openai.profiles import Profile, Profiles
from services.brain.providers.openai.refused_request import Correction
from services.brain.providers.openai.request import Request, plan_request
from services.brain.providers.openai.responses_request import build_responses_request
from services.brain.providers.openai.servers import Server, Servers
from services.brain.providers.streams.model_input import ModelInput
from services.brain.providers.streams.refusal import Refusal, read_refusal
from services.brain.providers.streams.warm_servers import WarmServers

log = structlog.get_logger()

_MAX_CORRECTIONS = 2
"""Corrections within one request."""


class OpenAIClient:
    """A client shared by all calls of a process; its connections stay open between answers."""

    def __init__(
        self,
        servers: Servers,
        profiles: Profiles,
        answers: Answers,
        on_use: Callable[[Server, str], None] = lambda _server, _model: None,
    ) -> None:
        """Create a client; `on_use` is called with the server and model of each request."""
        self.servers = servers
        self._profiles = profiles
        self._answers = answers
        self._on_use = on_use
        self._corrected = CorrectedProfiles()
        self._warm: WarmServers[Server] = WarmServers(lambda server: server.client.models.list())

    async def warm_up(self) -> None:
        """Open a connection to each server in use; errors are ignored, because the request reports them."""
        await self._warm.warm_up(lambda: self.servers.default)

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
        server = self.servers.find(config)
        started_at_s = asyncio.get_running_loop().time()
        self._warm.use(server)
        self._on_use(server, config.model)
        given = ModelInput(messages, tools, call_sid, tool_choice)
        deadline_s = started_at_s + config.timeout_s
        is_corrected = False
        while True:
            request, stream = await self._open_until(deadline_s, server, config, given)
            answer = self._answers.read(
                stream.response,
                request,
                base_url=server.base_url,
                deadline_s=deadline_s,
                private=given.private_texts(),
            )
            has_begun = False
            try:
                async with aclosing(answer) as events:
                    async for event in events:
                        has_begun = True
                        yield event
            except ProviderError as error:
                # Some servers refuse a request within the answer, after the status 200.
                if has_begun or is_corrected or not self._correct_by_answer(error, server, config, request):
                    raise
                is_corrected = True
            else:
                return
            finally:
                # The answer is complete or has failed already.
                with suppress(Exception):
                    await stream.close()

    async def _open_until(
        self, deadline_s: float, server: Server, config: LlmConfig, given: ModelInput
    ) -> tuple[Request, AsyncStream[object]]:
        try:
            async with asyncio.timeout_at(deadline_s):
                return await self._open(server, config, given)
        except TimeoutError:
            raise ProviderTimeout(PROVIDER, f"no response within {config.timeout_s:g} s") from None

    def _correct_by_answer(
        self, error: ProviderError, server: Server, config: LlmConfig, request: Request
    ) -> bool:
        """Correct the profile by an error within the answer; whether that was possible."""
        target = Target(server.base_url, config.model, config.profile)
        profile = self._profile(target)
        refusal = Refusal(400, message=error.reason)
        correction = None
        if error.reason.startswith(ERROR_WITHIN_STREAM):
            correction = find_correction(refusal, request, profile, config)
        if correction is not None:
            self._adopt(target, profile, correction, 200, config)
        return correction is not None

    async def _open(
        self, server: Server, config: LlmConfig, given: ModelInput
    ) -> tuple[Request, AsyncStream[object]]:
        """Send the request; a refusal that names a remedy is answered by a corrected request, at most twice.

        Raises:
            ProviderError: the server refused the request or could not be reached.
        """
        target = Target(server.base_url, config.model, config.profile)
        corrections = 0
        while True:
            profile = self._profile(target)
            request = build_request(profile, config, given)
            self._log_ignored(target, request)
            try:
                return request, await _post(server, request)
            except ProviderError:
                raise
            except openai.APIStatusError as error:
                refusal = read_refusal(error.status_code, error.body)
                correction = find_correction(refusal, request, profile, config)
                if correction is not None:
                    self._adopt(target, profile, correction, error.status_code, config)
                if correction is None or corrections == _MAX_CORRECTIONS:
                    failure = self._error(error, server, config, given)
                    if correction is not None:
                        # Retryable: the next attempt sends the corrected request.
                        failure = ProviderUnavailable(PROVIDER, failure.reason)
                    raise failure from error
                corrections += 1
            except Exception as error:
                raise self._error(error, server, config, given) from error

    def _profile(self, target: Target) -> Profile:
        try:
            default = self._profiles.select(target.base_url, target.model, target.profile)
        except ConfigError as error:
            raise ProviderRejected(PROVIDER, str(error)) from None
        return self._corrected.get(target, default, asyncio.get_running_loop().time())

    def _adopt(
        self,
        target: Target,
        profile: Profile,
        correction: Correction,
        status: int,
        config: LlmConfig,
    ) -> None:
        corrected = profile.model_copy(update=correction.update)
        self._corrected.put(target, corrected, asyncio.get_running_loop().time())
        log.warning(
            "llm_request_adapted",
            base_url=target.base_url,
            model=target.model,
            status=status,
            refused=correction.refused,
            agent_file=correction.remedy,
            set_in_agent_file=sorted(config.model_fields_set & _fields_of(correction)),
        )

    def _log_ignored(self, target: Target, request: Request) -> None:
        now_s = asyncio.get_running_loop().time()
        for setting in request.ignored:
            if self._corrected.is_new(target, setting, now_s):
                log.warning(
                    "llm_setting_not_sent", base_url=target.base_url, model=target.model, setting=setting
                )

    def _error(self, error: Exception, server: Server, config: LlmConfig, given: ModelInput) -> ProviderError:
        return map_error(
            error,
            key_env=server.key_env,
            model=config.model,
            base_url=server.base_url,
            private=(server.client.api_key, *given.private_texts()),
        )


def build_request(profile: Profile, config: LlmConfig, given: ModelInput) -> Request:
    """Return the request for an answer, in the form that the profile's server accepts."""
    plan = plan_request(profile, config, with_tools=bool(given.tools))
    build = build_chat_request if plan.api == "chat" else build_responses_request
    return build(profile, config, plan, given)


async def _post(server: Server, request: Request) -> AsyncStream[object]:
    # `chat.completions.create` converts the whole history for each request, which takes milliseconds;
    # this method of the SDK sends a body that is already in the wire format.
    stream = await server.client.post(
        request.path,
        cast_to=object,
        body=request.body,
        stream=True,
        stream_cls=AsyncStream[object],
    )
    if stream.response.headers.get("content-type", "").startswith("text/html"):
        await stream.close()
        raise ProviderUnavailable(PROVIDER, "an HTML page instead of an answer: check the base URL")
    return stream


def _fields_of(correction: Correction) -> frozenset[str]:
    """The keys of `llm` in the agent file that a correction overrides."""
    fields = {"temperature"} & correction.update.keys()
    if correction.update.keys() & {"effort", "effort_with_tools", "efforts"}:
        fields.add("reasoning_effort")
    if correction.update.keys() & {"refused"}:
        fields.add("extra")
    return frozenset(fields)
