"""Sends the agent's own requests through Parley's adapters, and measures when the first output arrives."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from parley.agent_config import AgentConfig, LlmConfig, RealtimeConfig, SttConfig, TtsConfig
from parley.audio.g711 import FRAME_BYTES, FRAME_MS, SILENCE, ms_to_bytes
from parley.providers.llm import Done, LlmClient, Message, TextDelta, ToolCallRequest
from parley.providers.realtime import (
    AudioDelta,
    RealtimeEvent,
    RealtimeProvider,
    ResponseDone,
    ResponseRequest,
    SessionSetup,
)
from parley.providers.registry import audio_format_of
from parley.providers.stt import FinalTranscript, ProviderTurn, SttConnection, SttEvent, SttProvider
from parley.providers.tts import TtsProvider
from sandbox.caller.voice_bank import load_bank
from services.brain.conversation import Conversation
from services.brain.generation.prompt import build_messages
from services.brain.items import CallerTurn
from services.brain.tools.context import context_without_call, open_tool_resources
from services.brain.tools.registry import build_tools
from services.stt.guarded_connection import GuardedConnection

CALL_SID = "parley-doctor"
"""In place of a CallSid, in requests that carry one."""
MAX_TOKENS = 64
_SPEECH = "hello"
_SPEECH_MS = 1000
_TRANSCRIPT_TIMEOUT_S = 4.0
_MAX_PHRASE_CHARS = 80


class _ResponseEnded(Exception):
    """The response of a speech-to-speech model has ended; the text is the reason if it failed."""


class NoOutput(Exception):
    """The provider accepted the request, but sent no output; the text is the reason."""


async def request_answer(client: LlmClient, config: LlmConfig, agent: AgentConfig) -> int:
    """Request an answer to a greeting; returns the time to its first token in milliseconds.

    Raises:
        ProviderError: the request failed.
        NoOutput: the answer has neither text nor a tool call.
    """
    short = config.model_copy(update={"max_tokens": min(config.max_tokens, MAX_TOKENS)})
    messages, tools = await _model_input(agent)
    await client.warm_up()
    started_s, first_ms, reason = _now_s(), 0, ""
    async with aclosing(client.stream(short, messages, tools, call_sid=CALL_SID)) as stream:
        async for event in stream:
            match event:
                case TextDelta(text=text) if text.strip():
                    first_ms = first_ms or _since_ms(started_s)
                case ToolCallRequest():
                    first_ms = first_ms or _since_ms(started_s)
                case Done(reason=reason):
                    pass
                case _:
                    pass
    if not first_ms:
        raise NoOutput(reason or "no finish reason")
    return first_ms


async def _model_input(agent: AgentConfig) -> tuple[list[Message], Sequence[dict[str, Any]]]:
    conversation = Conversation(items=(CallerTurn(turn=1, text="Hello?"),))
    async with open_tool_resources() as resources:
        tools = build_tools(agent, context_without_call(agent, resources, CALL_SID))
    return build_messages(agent, conversation), [tool.definition for tool in tools]


async def request_spoken_phrase(
    provider: RealtimeProvider, config: RealtimeConfig, agent: AgentConfig
) -> tuple[int, int]:
    """Open a session and have it speak a phrase; returns the times of both in milliseconds.

    Raises:
        ProviderError: the session was refused, or the request failed.
        NoOutput: the phrase has no audio.
    """
    messages, tools = await _model_input(agent)
    setup = SessionSetup(str(messages[0]["content"]), tools, [agent.language], CALL_SID)
    started_s, first_ms = _now_s(), 0
    async with provider.connect(config, setup) as connection:
        connected_ms, sent_s = _since_ms(started_s), _now_s()
        await connection.respond(ResponseRequest("doctor", exact_text=phrase_of(agent)))

        async def receive(event: RealtimeEvent) -> None:
            nonlocal first_ms
            if isinstance(event, AudioDelta):
                first_ms = first_ms or _since_ms(sent_s)
            if isinstance(event, ResponseDone):
                raise _ResponseEnded(event.reason)

        try:
            await connection.run(receive)
        except _ResponseEnded as ended:
            if not first_ms:
                raise NoOutput(str(ended) or "no audio") from None
    return connected_ms, first_ms


async def request_phrase(provider: TtsProvider, config: TtsConfig, agent: AgentConfig) -> tuple[int, int]:
    """Synthesize a phrase; returns the times of the connection and from the text to its first audio, in ms.

    Raises:
        ProviderError: the request failed.
        NoOutput: the phrase has no audio.
    """
    started_s, first_ms = _now_s(), 0
    async with provider.connect(config, CALL_SID) as connection, connection.open_stream("r1") as stream:
        connected_ms = _since_ms(started_s)
        sent_s = _now_s()
        await stream.send_text(phrase_of(agent))
        await stream.end_input()
        async with aclosing(stream.audio()) as chunks:
            async for chunk in chunks:
                if chunk.audio:
                    first_ms = first_ms or _since_ms(sent_s)
    if not first_ms:
        raise NoOutput("no audio")
    return connected_ms, first_ms


def phrase_of(agent: AgentConfig) -> str:
    """The first sentence of the greeting, shortened: a text in the agent's language."""
    words = agent.openings[0].text.replace("\n", " ").split()
    phrase = ""
    for word in words:
        if len(phrase) + len(word) > _MAX_PHRASE_CHARS:
            break
        phrase = f"{phrase} {word}".strip()
        if phrase.endswith((".", "!", "?", "。", "।")):
            break
    return phrase or "Hello."


async def request_transcript(provider: SttProvider, config: SttConfig) -> tuple[int, int, str]:
    """Transcribe a second of speech in real time.

    Returns:
        The times of the handshake and from the end of the speech to its transcript in ms; the transcript.

    Raises:
        ProviderError: the request failed.
        NoOutput: no final transcript arrived in time.
    """
    started_s = _now_s()
    found: asyncio.Future[tuple[str, float]] = asyncio.get_running_loop().create_future()

    async def on_event(event: SttEvent) -> None:
        match event:
            case FinalTranscript(text=text) | ProviderTurn(text=text, event="end") if text:
                if not found.done():
                    found.set_result((text, _now_s()))
            case _:
                pass

    async with provider.connect(config, CALL_SID) as connection:
        connected_ms = _since_ms(started_s)
        audio_format = audio_format_of("stt", config)
        converting = GuardedConnection(config.provider, connection, audio_format)
        async with asyncio.TaskGroup() as tasks:
            receiving = tasks.create_task(converting.run(on_event), name="receive transcripts")
            spoken_s = await _speak(converting)
            try:
                async with asyncio.timeout(_TRANSCRIPT_TIMEOUT_S):
                    transcript, received_s = await found
            except TimeoutError:
                transcript, received_s = "", 0.0
            receiving.cancel()
    if not transcript:
        raise NoOutput("no transcript")
    return connected_ms, max(1, round((received_s - spoken_s) * 1000)), transcript


async def _speak(connection: SttConnection) -> float:
    """Send a second of speech at the pace of a call, and request its transcript; returns when it ended."""
    speech = load_bank().utterance(_SPEECH)
    audio = speech.mulaw[: ms_to_bytes(_SPEECH_MS)].ljust(ms_to_bytes(_SPEECH_MS), SILENCE)
    started_s = _now_s()
    for index in range(len(audio) // FRAME_BYTES):
        await connection.send(audio[index * FRAME_BYTES : (index + 1) * FRAME_BYTES], index * FRAME_MS)
        await asyncio.sleep(max(0.0, started_s + (index + 1) * FRAME_MS / 1000 - _now_s()))
    await connection.finalize()
    return started_s + min(speech.audible_end_ms, _SPEECH_MS) / 1000


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _since_ms(started_s: float) -> int:
    return max(1, round((_now_s() - started_s) * 1000))
