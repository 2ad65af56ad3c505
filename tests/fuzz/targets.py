"""The fuzzed functions: each takes bytes, drives one reader and checks its promises.

A reader raises only ProviderError, what it returns can be serialized, and a well-formed answer among other
messages is read exactly once.
"""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

from deepgram.core.unchecked_base_model import construct_type
from deepgram.listen.v1.socket_client import V1SocketClientResponse
from deepgram.listen.v2.socket_client import V2SocketClientResponse

from parley.errors import ProviderError
from parley.providers.llm import Done, LlmEvent, TextDelta, TokenUsage, ToolCallRequest
from parley.providers.stt import FinalTranscript, InterimTranscript, ProviderTurn, SttEvent
from parley.v1.reply_pb2 import ReplyClause, ToolCalled
from parley.v1.speech_pb2 import TranscriptUpdated
from services.brain.providers.anthropic.reader import AnthropicReader
from services.brain.providers.gemini.reader import GeminiReader
from services.brain.providers.openai.chat_reader import ChatReader
from services.brain.providers.openai.responses_reader import ResponsesReader
from services.brain.providers.streams.answer_reader import AnswerReader
from services.brain.providers.streams.sse import SseDecoder, StreamEnd
from services.stt.provider_clock import ProviderClock
from services.stt.providers.deepgram.wire import MessageReader
from services.stt.transcript import Transcript
from services.tts.providers import elevenlabs_wire
from services.tts.providers.elevenlabs_errors import error_detail, map_error
from services.tts.reply_audio import ReplyAudio
from tests.fuzz import seeds
from tests.fuzz.source import Source, names_of

_MAX_MESSAGES = 12
_TOOLS = ("book", "find")


class ReadTwiceOrNever(AssertionError):
    """A well-formed answer was not read exactly once."""


def fuzz_chat(data: bytes) -> None:
    """Read a stream of the chat completions protocol."""
    source = Source(data)
    mode = source.number(4)
    thinks_first = source.number(8) == 7
    if mode == 0:
        _read(ChatReader(thinks_first=thinks_first), _decoded(source))
    elif mode == 3:
        _check_chat_answer(source)
    else:
        _read(ChatReader(_TOOLS, thinks_first=thinks_first), _messages(source, seeds.CHAT, _CHAT_NAMES))


def fuzz_responses(data: bytes) -> None:
    """Read a stream of the Responses API."""
    source = Source(data)
    mode = source.number(4)
    if mode == 0:
        _read(ResponsesReader(), _decoded(source))
    elif mode == 3:
        _check_response(source)
    else:
        _read(ResponsesReader(), _messages(source, seeds.RESPONSES, _RESPONSES_NAMES))


def fuzz_anthropic(data: bytes) -> None:
    """Read a stream of Anthropic's Messages API."""
    source = Source(data)
    mode = source.number(4)
    if mode == 0:
        _read(AnthropicReader(), _decoded(source))
    elif mode == 3:
        _check_message(source)
    else:
        _read(AnthropicReader(_TOOLS), _messages(source, seeds.ANTHROPIC, _ANTHROPIC_NAMES))


def fuzz_gemini(data: bytes) -> None:
    """Read a stream of the Gemini API."""
    source = Source(data)
    mode = source.number(4)
    if mode == 0:
        _read(GeminiReader(), _decoded(source))
    elif mode == 3:
        _check_contents(source)
    else:
        _read(GeminiReader(_TOOLS), _messages(source, seeds.GEMINI, _GEMINI_NAMES))


def fuzz_deepgram(data: bytes) -> None:
    """Read messages of Nova or Flux, and build a turn from them."""
    source = Source(data)
    flux, exact = bool(source.number(2)), source.number(4) == 3
    clock = ProviderClock()
    clock.audio_sent(80_000, 5000)
    reader = MessageReader(clock, "c1", flux=flux)
    transcript = Transcript()
    finals = sent = 0
    for message in _messages(source, seeds.DEEPGRAM, _DEEPGRAM_NAMES):
        if exact and isinstance(message, dict):
            message["type"] = "Other"
        for item in [message, *([_result(sent := sent + 1, flux=flux)] if exact else [])]:
            try:
                event = reader.read(_parsed(item, flux=flux))
            except ProviderError as error:
                error.reason.encode()
                continue
            transcript = _check_transcript(transcript, event)
            finals += isinstance(event, FinalTranscript) or (
                isinstance(event, ProviderTurn) and event.event == "end"
            )
    if exact and finals != sent:
        raise ReadTwiceOrNever(f"{sent} transcripts, {finals} read")


def fuzz_elevenlabs(data: bytes) -> None:
    """Read frames, and build a reply's audio from them."""
    source = Source(data)
    mode = source.number(4)
    if mode == 0:
        _read_frame(source.rest)
        error_detail(source.rest).encode()
        return
    audio = ReplyAudio("r1")
    audio.text_sent("Hi. ")
    expected = received = 0
    for message in _messages(source, seeds.ELEVENLABS, _ELEVENLABS_NAMES):
        error_detail(message).encode()
        if mode == 3:
            if isinstance(message, dict):
                message["audio"] = None
            frame = {"audio": base64.b64encode(b"\x10" * 800).decode(), "contextId": "c1"}
            expected += 800
            received += _received(audio, json.dumps(frame))
        received += _received(audio, json.dumps(message))
    for clause in (*audio.take_completed(), *audio.finish()):
        clause.SerializeToString()
    if mode == 3 and received != expected:
        raise ReadTwiceOrNever(f"{expected} samples, {received} read")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "openai chat": fuzz_chat,
    "openai responses": fuzz_responses,
    "anthropic": fuzz_anthropic,
    "gemini": fuzz_gemini,
    "deepgram": fuzz_deepgram,
    "elevenlabs": fuzz_elevenlabs,
}


def corpus(name: str) -> list[bytes]:
    """Inputs to begin with: each message unchanged, and each mode."""
    messages = {
        "openai chat": seeds.CHAT,
        "openai responses": seeds.RESPONSES,
        "anthropic": seeds.ANTHROPIC,
        "gemini": seeds.GEMINI,
    }.get(name, ())
    lines = [f"data: {json.dumps(message)}\n\n".encode() for message in messages]
    frames = [json.dumps(message).encode() for message in seeds.ELEVENLABS] if name == "elevenlabs" else []
    raw = [b"\0\0" + line for line in (*lines, b"".join(lines))] + [b"\0" + frame for frame in frames]
    kinds = [bytes([mode, 0, *([6, number] * 3)]) for mode in range(4) for number in range(30)]
    return [*raw, *kinds]


_CHAT_NAMES = names_of(seeds.CHAT)
_RESPONSES_NAMES = names_of(seeds.RESPONSES)
_ANTHROPIC_NAMES = names_of(seeds.ANTHROPIC)
_GEMINI_NAMES = names_of(seeds.GEMINI)
_DEEPGRAM_NAMES = names_of(seeds.DEEPGRAM)
_ELEVENLABS_NAMES = names_of(seeds.ELEVENLABS)


def _messages(source: Source, messages: Sequence[Any], names: Sequence[str]) -> list[Any]:
    found = [source.message(messages, names)]
    while not source.used_up and len(found) < _MAX_MESSAGES:
        found.append(source.message(messages, names))
    return found


def _decoded(source: Source) -> list[Any]:
    """The values of raw bytes as a stream, in chunks."""
    size = 1 + source.number(64)
    body, decoder = source.rest, SseDecoder()
    found: list[Any] = []
    try:
        for at in range(0, len(body), size):
            found += decoder.feed(body[at : at + size])
        found += decoder.finish()
    except ProviderError as error:
        error.reason.encode()
    return [event.value for event in found if not isinstance(event, StreamEnd)]


def _read(reader: AnswerReader, messages: Sequence[Any]) -> list[LlmEvent]:
    found: list[LlmEvent] = []
    try:
        for message in messages:
            found += reader.read(message)
            _ = reader.pieces.in_tool_call, reader.end_grace_s
        found += reader.finish(marked=True)
    except ProviderError as error:
        error.reason.encode()
        return []
    _check_events(found)
    return found


def _check_events(found: list[LlmEvent]) -> None:
    calls = [event for event in found if isinstance(event, ToolCallRequest)]
    assert [isinstance(event, Done) for event in found].count(True) == 1
    assert len({call.tool_call_id for call in calls}) == len(calls)
    for event in found:
        match event:
            case TextDelta(text=text) | Done(reason=text):
                ReplyClause(text=text).SerializeToString()
            case TokenUsage():
                assert event == event.plausible()
            case ToolCallRequest():
                assert event.name
                assert event.tool_call_id
                extra = json.dumps(dict(event.extra), allow_nan=False, ensure_ascii=False)
                ToolCalled(
                    tool_call_id=event.tool_call_id,
                    name=event.name,
                    arguments=event.arguments,
                    reply_id=extra,
                ).SerializeToString()


def _check_chat_answer(source: Source) -> None:
    """A well-formed answer among noise is read exactly once, in each style of text and tool calls."""
    pieces = [f"w{number} <b " for number in range(source.number(6))]
    calls = [(source.choice(_TOOLS), {"n": number}) for number in range(source.number(4))]
    events = [seeds.chunk({"content": piece}) for piece in pieces]
    events += [seeds.chunk({"tool_calls": parts}) for parts in _call_fragments(calls, source.number(5))]
    events = _with_noise(source, [*events, seeds.chunk({}, "stop")], seeds.CHAT_NOISE)
    if source.number(4) == 3:
        events.append({"choices": [{"message": {"content": "".join(pieces)}}]})
    _compare(_read(ChatReader(_TOOLS), events), "".join(pieces), calls)


def _call_fragments(calls: list[tuple[str, dict[str, int]]], style: int) -> list[list[dict[str, Any]]]:
    events: list[list[dict[str, Any]]] = []
    for number, (name, value) in enumerate(calls):
        text = json.dumps(value)
        index = number if style == 0 else 0 if style in {1, 2} else None
        base = {"index": index, "id": f"call_{number}" if style != 4 else None}
        arguments: Any = value if style == 3 else text
        if style in {3, 4}:
            events.append([{**base, "function": {"name": name, "arguments": arguments}}])
            continue
        name_again = {"name": name} if style == 2 else {}
        events.append([{**base, "function": {"name": name, "arguments": ""}}])
        events.append([{**base, "function": {**name_again, "arguments": text[:3]}}])
        events.append([{**base, "id": None, "function": {**name_again, "arguments": text[3:]}}])
    return events


def _check_response(source: Source) -> None:
    """A well-formed response among noise is read exactly once, whichever of its events arrive."""
    texts = [f"w{number} text" for number in range(source.number(3))]
    calls = [(source.choice(_TOOLS), {"n": number}) for number in range(source.number(3))]
    events: list[dict[str, Any]] = []
    output: list[dict[str, Any]] = []
    whole = bool(source.number(2))
    for position, text in enumerate(texts):
        item = {
            "type": "message",
            "id": f"msg_{position}",
            "content": [{"type": "output_text", "text": text}],
        }
        place = {"item_id": item["id"], "output_index": position, "content_index": 0}
        sent = source.number(8) | (0 if whole else 4)
        if sent & 1:
            events += [
                {"type": "response.output_text.delta", "delta": part, **place}
                for part in (text[:3], text[3:])
            ]
        if sent & 2:
            events.append({"type": "response.output_text.done", "text": text, **place})
        if sent & 4:
            events.append({"type": "response.output_item.done", "output_index": position, "item": item})
        if sent == 0:
            # Later texts would come before it.
            texts[position + 1 :] = []
        output.append(item)
        if sent == 0:
            break
    for number, (name, value) in enumerate(calls):
        item = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": name}
        item["arguments"] = json.dumps(value)
        if source.number(2) or not whole:
            events.append({"type": "response.output_item.done", "output_index": len(output), "item": item})
        output.append(item)
    end = {
        "type": "response.completed",
        "response": {"status": "completed", "output": output if whole else []},
    }
    events = [*_with_noise(source, events, seeds.RESPONSES_NOISE), end]
    _compare(_read(ResponsesReader(), events), "".join(texts), calls)


def _check_message(source: Source) -> None:
    """A well-formed message among noise is read exactly once."""
    texts = [f"w{number} text" for number in range(source.number(4))]
    calls = [(source.choice(_TOOLS), {"n": number}) for number in range(source.number(4))]
    events: list[dict[str, Any]] = []
    for index, text in enumerate(texts):
        place = {"type": "content_block_delta", "index": index}
        block = {"type": "text", "text": ""}
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += [{**place, "delta": {"type": "text_delta", "text": part}} for part in (text[:3], text[3:])]
    for number, (name, value) in enumerate(calls):
        place = {"type": "content_block_delta", "index": 10 + number}
        use = {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": {}}
        events.append({"type": "content_block_start", "index": 10 + number, "content_block": use})
        arguments = json.dumps(value)
        for part in ("", arguments[:3], arguments[3:]):
            events.append({**place, "delta": {"type": "input_json_delta", "partial_json": part}})
    events.append({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}})
    mixed = _with_noise(source, events, seeds.ANTHROPIC_NOISE)
    _compare(_read(AnthropicReader(), [*mixed, {"type": "message_stop"}]), "".join(texts), calls)


def _check_contents(source: Source) -> None:
    """A well-formed answer of Gemini among noise is read exactly once."""
    texts = [f"w{number} text" for number in range(source.number(4))]
    calls = [(source.choice(_TOOLS), {"n": number}) for number in range(source.number(4))]
    events = [seeds.part({"text": text}) for text in texts]
    events += [seeds.part({"functionCall": {"name": name, "args": value}}) for name, value in calls]
    mixed = _with_noise(source, events, seeds.GEMINI_NOISE)
    _compare(_read(GeminiReader(), [*mixed, seeds.part({"text": ""}, "STOP")]), "".join(texts), calls)


def _with_noise(source: Source, events: list[Any], noise: Sequence[Any]) -> list[Any]:
    mixed: list[Any] = []
    for event in events:
        mixed += [source.choice(noise) for _ in range(source.number(3))]
        mixed.append(event)
    return mixed


def _compare(found: list[LlmEvent], text: str, calls: list[tuple[str, dict[str, int]]]) -> None:
    read_text = "".join(event.text for event in found if isinstance(event, TextDelta))
    read_calls = [(e.name, json.loads(e.arguments)) for e in found if isinstance(e, ToolCallRequest)]
    if (read_text, read_calls) != (text, calls):
        raise ReadTwiceOrNever(f"expected {text!r} {calls}, read {read_text!r} {read_calls}")


def _parsed(message: Any, *, flux: bool) -> Any:
    """The message as the SDK parses it; it skips those that it cannot parse."""
    response: Any = V2SocketClientResponse if flux else V1SocketClientResponse
    try:
        return construct_type(type_=response, object_=message)
    except Exception:
        return None


def _result(number: int, *, flux: bool) -> dict[str, Any]:
    if flux:
        return {**seeds.DEEPGRAM[5], "event": "EndOfTurn", "turn_index": number}
    return {**seeds.DEEPGRAM[0]}


def _check_transcript(transcript: Transcript, event: SttEvent | None) -> Transcript:
    match event:
        case InterimTranscript():
            transcript = transcript.with_interim(event.text, event.words, event.end_ms)
        case FinalTranscript():
            transcript = transcript.with_final(event.text, event.words, event.end_ms)
        case ProviderTurn():
            event.provider_turn.encode()
            transcript = transcript.replace_turn(event.text, event.words, event.end_ms)
        case _:
            return transcript
    updated = TranscriptUpdated(text=transcript.text, audio_end_ms=transcript.end_ms)
    for word in event.words:
        updated.words.add(
            text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence
        )
    updated.SerializeToString()
    return transcript


def _read_frame(data: str | bytes) -> elevenlabs_wire.AudioFrame | None:
    try:
        frame = elevenlabs_wire.read_frame(data)
    except ProviderError as error:
        error.reason.encode()
        return None
    if isinstance(frame, elevenlabs_wire.ErrorFrame):
        map_error(frame.code, frame.message).reason.encode()
        return None
    return frame


def _received(audio: ReplyAudio, data: str) -> int:
    frame = _read_frame(data)
    if frame is None:
        return 0
    audio.audio_received(frame.chunk)
    for clause in audio.take_completed():
        clause.SerializeToString()
    return len(frame.chunk.audio)
