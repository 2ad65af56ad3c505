"""The fuzzed readers of further providers of speech; the promises are those of `targets`."""

import base64
import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from parley.errors import ProviderError
from parley.providers.realtime import AudioDelta, ResponseDone, SpokenText, SpokenTextDelta, ToolCallReceived
from parley.providers.stt import FinalTranscript, InterimTranscript, ProviderTurn, SttEvent
from parley.providers.tts import AudioChunk
from parley.v1.reply_pb2 import ToolCalled
from parley.v1.speech_pb2 import TranscriptUpdated
from services.brain.providers.openai_realtime.reader import ErrorReceived
from services.brain.providers.openai_realtime.reader import MessageReader as RealtimeReader
from services.brain.providers.openai_realtime.requests import TAG
from services.stt.provider_clock import ProviderClock
from services.stt.providers.assemblyai.wire import MessageReader as AssemblyAiReader
from services.stt.providers.elevenlabs.wire import MessageReader as ScribeReader
from services.stt.providers.openai.commits import Commit, CommitPolicy
from services.stt.providers.openai.session import TranscriptionSession
from services.stt.transcript import Transcript
from services.tts.providers.cartesia import wire as cartesia
from services.tts.providers.cartesia.context import Context
from services.tts.providers.cartesia.errors import map_body, map_error
from services.tts.providers.deepgram import wire as aura
from services.tts.providers.deepgram.errors import map_error as map_notice
from services.tts.providers.deepgram.errors import map_refusal
from services.tts.providers.polly.errors import map_error as map_polly
from services.tts.reply_audio import ReplyAudio
from tests.fuzz import speech_seeds as seeds
from tests.fuzz.source import Source, names_of
from tests.fuzz.targets import ReadTwiceOrNever

_MAX_MESSAGES = 12
_CLAUSES = 2


def fuzz_assemblyai(data: bytes) -> None:
    """Read AssemblyAI's turns, and build a transcript from them."""
    source = Source(data)
    exact, waits = source.number(4) == 3, bool(source.number(2))
    reader = AssemblyAiReader(_clock(), "c1", waits_for_format=waits)
    checker = _Checker()
    sent = 0
    for message in _messages(source, seeds.ASSEMBLYAI, _names["assemblyai"]):
        if exact and isinstance(message, dict):
            message["type"] = "Other"
        sent += exact
        ended = {**seeds.ASSEMBLYAI[2], "turn_order": sent, "turn_is_formatted": bool(source.number(2))}
        for item in (message, *([ended] if exact else [])):
            checker.read(reader.read, item)
        _ = reader.awaits_format
    checker.take(reader.release())
    checker.compare(sent, exact=exact)


def fuzz_scribe(data: bytes) -> None:
    """Read Scribe's partial and committed texts, and build a transcript from them."""
    source = Source(data)
    exact, itself = source.number(4) == 3, bool(source.number(2))
    reader = ScribeReader(_clock(), silence_ms=500, commits_itself=itself)
    checker = _Checker()
    sent = 0
    for message in _messages(source, seeds.SCRIBE, _names["scribe"]):
        if exact and isinstance(message, dict):
            message["message_type"] = "other"
        if source.number(2):
            reader.committed(after_gap=bool(source.number(2)))
        _ = reader.commit_pending, reader.holds_text
        checker.read(reader.read, message)
        if exact:
            sent += 1
            text = f"Sentence {sent}."
            checker.read(reader.read, {"message_type": "committed_transcript", "text": text})
            times = {**seeds.SCRIBE[3], "text": text}
            match source.number(3):
                case 0:
                    checker.read(reader.read, times)
                case 1:
                    checker.take(reader.release())
                    checker.read(reader.read, times)
                case _:
                    # The text alone is returned when the next one arrives.
                    pass
    checker.take(reader.release())
    checker.compare(sent, exact=exact)


def fuzz_transcription(data: bytes) -> None:
    """Read the transcripts of OpenAI's Realtime transcription, which may arrive in any order."""
    source = Source(data)
    exact = source.number(4) == 3
    policy = CommitPolicy(gap_ms=1000, lag_ms=800)
    policy.push(b"\xff" * 1600, 5000)
    socket: Any = _NoSocket()
    session, checker = TranscriptionSession(socket, policy), _Checker()
    count = 1 + source.number(4)
    for number in range(count):
        _complete(session.commit(Commit(5000 + number * 100, 5100 + number * 100, pause_ms=200), 0.0))
        checker.read(lambda item: session.read(item, 0.0), _named(number))
    order = list(range(count))
    for message in _messages(source, seeds.TRANSCRIPTION, _names["transcription"]):
        if exact and isinstance(message, dict):
            message["type"] = "other"
        checker.read(lambda item: session.read(item, 0.0), message)
        if exact and order:
            number = order.pop(source.number(len(order)))
            completed = {**seeds.TRANSCRIPTION[3], "item_id": f"own_{number}", "transcript": f"text {number}"}
            checker.read(lambda item: session.read(item, 0.0), completed)
    if exact and not order:
        checker.compare(count, exact=True)


def fuzz_realtime(data: bytes) -> None:
    """Read the messages of OpenAI's Realtime API; no exception escapes at all."""
    source = Source(data)
    mode = source.number(4)
    reader = RealtimeReader()
    if mode == 0:
        reader.read(source.rest)
        return
    read: list[Any] = []
    messages = _messages(source, seeds.REALTIME, _names["realtime"])
    for number, message in enumerate(messages):
        if mode == 3 and isinstance(message, dict):
            message["type"] = "other"
        own = _response(f"own_{number}", twice=bool(source.number(2))) if mode == 3 else ()
        for item in (message, *own):
            read += reader.read(_json(item))
    for event in read:
        _check_realtime(event)
    audio = sum(len(event.mulaw) for event in read if isinstance(event, AudioDelta))
    done = sum(isinstance(event, ResponseDone) for event in read)
    if mode == 3 and (audio, done) != (3 * len(messages), len(messages)):
        raise ReadTwiceOrNever(f"{len(messages)} responses, {done} with {audio} bytes read")


def fuzz_cartesia(data: bytes) -> None:
    """Read Cartesia's events, and build a reply's audio from those of one context."""
    source = Source(data)
    mode = source.number(4)
    if mode == 0:
        _try(cartesia.read_event, source.rest)
        map_body(source.number(256) * 3, source.rest).reason.encode()
        return
    context, audio = Context("c1", sent=_CLAUSES), ReplyAudio("r1")
    for _ in range(_CLAUSES):
        audio.text_sent("Hi there. ")
    received = expected = 0
    now_s = 0.0
    for message in _messages(source, seeds.CARTESIA, _names["cartesia"]):
        if mode == 3 and isinstance(message, dict):
            message["type"], message["error"], message["error_code"] = "other", None, None
        sent = [message]
        if mode == 3:
            event = {**seeds.CARTESIA[0], "data": base64.b64encode(b"\x10" * 800).decode()}
            sent, expected = [message, event], expected + 800
        for item in sent:
            now_s += 0.1
            chunks = _cartesia_chunks(context, _try(cartesia.read_event, _json(item)), now_s)
            received += sum(len(chunk.audio) for chunk in chunks)
            for chunk in chunks:
                audio.audio_received(chunk)
        _ = context.complete, context.accepts_text(now_s)
    ends = list(context.on_done())
    assert len(ends) <= _CLAUSES
    for clause in (*audio.take_completed(), *audio.finish()):
        clause.SerializeToString()
    if mode == 3 and received != expected:
        raise ReadTwiceOrNever(f"{expected} samples, {received} read")


def fuzz_aura(data: bytes) -> None:
    """Read the messages of Deepgram's Aura."""
    source = Source(data)
    if source.number(4) == 0:
        _try(aura.read_message, source.rest.decode("utf-8", "replace"))
        map_refusal(source.number(256) * 3, {}, source.rest).reason.encode()
        return
    for message in _messages(source, seeds.AURA, _names["aura"]):
        found = _try(aura.read_message, _json(message))
        if isinstance(found, aura.Notice):
            map_notice(found.code, found.text).reason.encode()


def fuzz_polly(data: bytes) -> None:
    """Convert the refusals of Amazon Polly."""
    source = Source(data)
    for message in _messages(source, seeds.POLLY, _names["polly"]):
        # The SDK reads the code and the text from the body, and the status from HTTP.
        status, body = 100 + 2 * source.number(256), message if isinstance(message, dict) else {}
        response: Any = {"Error": body, "ResponseMetadata": {"HTTPStatusCode": status}}
        map_polly(ClientError(response, "SynthesizeSpeech")).reason.encode()


SPEECH_TARGETS: dict[str, Callable[[bytes], None]] = {
    "openai realtime": fuzz_realtime,
    "openai transcription": fuzz_transcription,
    "assemblyai": fuzz_assemblyai,
    "scribe": fuzz_scribe,
    "cartesia": fuzz_cartesia,
    "aura": fuzz_aura,
    "polly": fuzz_polly,
}
_names = {
    "assemblyai": names_of(seeds.ASSEMBLYAI),
    "scribe": names_of(seeds.SCRIBE),
    "transcription": names_of(seeds.TRANSCRIPTION),
    "realtime": names_of(seeds.REALTIME),
    "cartesia": names_of(seeds.CARTESIA),
    "aura": names_of(seeds.AURA),
    "polly": names_of(seeds.POLLY),
}


class _Checker:
    """Reads messages, checks their events and counts the transcripts that are final."""

    def __init__(self) -> None:
        self._transcript = Transcript()
        self._finals = 0

    def read(self, read: Callable[[Any], list[SttEvent]], message: Any) -> None:
        """Read one message; the socket hands objects over only."""
        if not isinstance(message, dict):
            return
        try:
            events = read(message)
        except ProviderError as error:
            error.reason.encode()
            return
        self.take(events)

    def take(self, events: Sequence[SttEvent]) -> None:
        """Check events."""
        for event in events:
            self._take(event)

    def compare(self, sent: int, *, exact: bool) -> None:
        """Check that each transcript was read exactly once."""
        if exact and self._finals != sent:
            raise ReadTwiceOrNever(f"{sent} transcripts, {self._finals} read")

    def _take(self, event: SttEvent) -> None:
        match event:
            case InterimTranscript():
                self._transcript = self._transcript.with_interim(event.text, event.words, event.end_ms)
            case FinalTranscript():
                self._finals += 1
                self._transcript = self._transcript.with_final(event.text, event.words, event.end_ms)
            case ProviderTurn():
                self._finals += event.event == "end"
                event.provider_turn.encode()
                self._transcript = self._transcript.replace_turn(event.text, event.words, event.end_ms)
            case _:
                return
        updated = TranscriptUpdated(text=self._transcript.text, audio_end_ms=self._transcript.end_ms)
        for word in event.words:
            updated.words.add(
                text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence
            )
        updated.SerializeToString()


@dataclass
class _NoSocket:
    """A socket that accepts commits."""

    expires_s: float = 3600.0
    opened_s: float = 0.0

    async def commit(self, event_id: str) -> None:
        """Accept a commit."""
        event_id.encode()


def _complete(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


def _response(name: str, *, twice: bool) -> tuple[dict[str, Any], ...]:
    """The events of a response; its end may arrive twice."""
    response = {**seeds.RESPONSE, "id": name, "metadata": {TAG: name}}
    end = {"type": "response.done", "response": response}
    delta = {**seeds.REALTIME[8], "response_id": name}
    return {"type": "response.created", "response": response}, delta, end, *([end] if twice else [])


def _check_realtime(event: Any) -> None:
    match event:
        case ResponseDone():
            event.reason.encode()
        case ErrorReceived():
            f"{event.code}{event.message}{event.param}{event.event_id}".encode()
        case ToolCallReceived(call=call):
            ToolCalled(
                tool_call_id=call.tool_call_id, name=call.name, arguments=call.arguments
            ).SerializeToString()
        case SpokenText() | SpokenTextDelta():
            event.text.encode()
        case _:
            pass


def _named(number: int) -> dict[str, Any]:
    return {"type": "input_audio_buffer.committed", "item_id": f"own_{number}"}


def _clock() -> ProviderClock:
    clock = ProviderClock()
    clock.audio_sent(80_000, 5000)
    return clock


def _messages(source: Source, messages: Sequence[Any], names: Sequence[str]) -> list[Any]:
    found = [source.message(messages, names)]
    while not source.used_up and len(found) < _MAX_MESSAGES:
        found.append(source.message(messages, names))
    return found


def _json(message: Any) -> str:
    """A message as text; NaN and lone surrogates may be in it, as the standard library accepts them."""
    return json.dumps(message)


def _try(read: Callable[[Any], Any], data: Any) -> Any:
    try:
        found = read(data)
    except ProviderError as error:
        error.reason.encode()
        return None
    if isinstance(found, cartesia.ErrorEvent):
        map_error(found.status, found.code, found.text, "v").reason.encode()
        return None
    return found


def _cartesia_chunks(context: Context, event: Any, now_s: float) -> list[AudioChunk]:
    match event:
        case cartesia.Audio():
            return list(context.on_audio(event, now_s))
        case cartesia.Timestamps():
            return list(context.on_timestamps(event))
        case cartesia.FlushDone():
            return list(context.on_flush_done(event))
        case _:
            return []
