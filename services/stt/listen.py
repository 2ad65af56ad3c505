"""The caller's sound to voice activity and transcriber, what they hear to call events: stt of one call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import structlog
from deepgram import AsyncDeepgramClient
from google.protobuf.message import DecodeError

from parley import streams, subjects
from parley.bus import Message
from parley.envelope import body_of
from parley.epochs import AudioFence
from parley.errors import VendorError
from parley.stage import OwnedCall, ServeCall
from parley.telemetry import Telemetry
from parley.v1 import speech_pb2, work_pb2
from parley.v1.audio_pb2 import CallerAudio
from services.stt.endpointing import AskToFinalize, Decision, EagerEnd, Endpointing, EndTurn, GoOn
from services.stt.settings import SttSettings
from services.stt.sound_buffer import SoundBuffer
from services.stt.transcribe import Transcribing
from services.stt.transcript import Transcript
from services.stt.vendors import Fixed, Guess, Heard, TurnHeard, UtteranceEnded
from services.stt.vendors.deepgram import new_client, open_connection
from services.stt.voice_activity import Silero, VoiceActivity, VoiceStarted

log = structlog.get_logger()

_TICK_S = 0.1


class CallOver(Exception):
    """The call has ended."""


class Listener:
    """One call's ears. What it does happens under one lock: events are said in the order of hearing."""

    def __init__(self, call: OwnedCall, client: AsyncDeepgramClient, settings: SttSettings) -> None:
        self._call = call
        self._transcript = Transcript()
        self._voice = VoiceActivity(Silero())
        self._endpointing = Endpointing(call.agent.hearing.silence_ms)
        self._fence = AudioFence()
        self._in_order = asyncio.Lock()
        self._voice_until_ms = 0
        self._told_failure = ""
        self._said_text = ""
        self._recall()
        self._buffer = SoundBuffer(self._transcript.until_ms)
        opener = partial(
            open_connection, client, call.agent.hearing, call.call_sid, settings.stt_connect_timeout_s
        )
        self._transcribing = Transcribing(opener, self._buffer, self._heard, self._vendor_failed)

    def _recall(self) -> None:
        """After a takeover: the turn in hand, and up to where our forerunner had heard."""
        for event in self._call.log.history:
            match body_of(event):
                case speech_pb2.WordsHeard(final=True) as said:
                    self._transcript = Transcript(said.turn, said.text, until_ms=said.until_ms)
                case speech_pb2.TurnEnded() as said:
                    self._transcript = Transcript(said.turn + 1, until_ms=said.until_ms)
                case _:
                    pass
        known = self._transcript
        self._endpointing.recall(has_final=bool(known.final_text), quiet_since_ms=known.until_ms)

    async def run(self) -> None:
        """Until the call has ended."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._follow_log(), name="follow the log")
                tasks.create_task(self._follow_sound(), name="follow the sound")
                tasks.create_task(self._transcribing.run(), name="transcribe")
                tasks.create_task(self._tick(), name="tick")
        except* CallOver:
            pass

    async def _follow_log(self) -> None:
        async for event in self._call.log:
            self._call.heard(event)
            if event.HasField("call_ended"):
                raise CallOver

    async def _follow_sound(self) -> None:
        subject = subjects.caller_audio(self._call.call_sid)
        async with self._call.bus.subscribe(subject) as live:
            for message in await self._call.bus.read(streams.AUDIO, subject):
                await self._sound(message)
            async for message in live:
                await self._sound(message)

    async def _sound(self, message: Message) -> None:
        try:
            audio = CallerAudio.FromString(message.data)
        except DecodeError:
            log.warning("bytes that are no sound, passed over", size=len(message.data))
            return
        if not self._fence.admits(audio.epoch, audio.sequence):
            return
        end_ms = audio.at_ms + len(audio.mulaw) // 8
        if end_ms <= self._buffer.start_ms:
            return
        added = self._buffer.add(audio.mulaw, audio.at_ms)
        if not added:
            return
        self._transcribing.sound_came()
        changes = self._voice.hear(added, self._buffer.end_ms - len(added) // 8)
        if not changes:
            return
        async with self._in_order:
            for change in changes:
                if isinstance(change, VoiceStarted):
                    await self._call.log.say(speech_pb2.SpeechStarted(at_ms=change.at_ms))
                    await self._do(self._endpointing.voice_started())
                else:
                    self._voice_until_ms = change.at_ms
                    await self._call.log.say(speech_pb2.SpeechStopped(at_ms=change.at_ms))
                    await self._do(self._endpointing.voice_stopped(change.at_ms))

    async def _heard(self, heard: Heard) -> None:
        self._told_failure = ""
        async with self._in_order:
            match heard:
                case Guess(text=text):
                    self._transcript = self._transcript.guess(text)
                    await self._say_words(final=False)
                    await self._do(self._endpointing.guessed(text))
                case Fixed():
                    await self._fixed(heard)
                case UtteranceEnded():
                    await self._do(self._endpointing.utterance_ended())
                case TurnHeard():
                    await self._turn_heard(heard)

    async def _fixed(self, heard: Fixed) -> None:
        self._transcript = self._transcript.fix(heard.text, heard.words, heard.until_ms)
        self._buffer.forget(heard.until_ms)
        if heard.text.strip():
            await self._say_words(final=True, words=heard)
        await self._do(self._endpointing.fixed(heard.text, speech_final=heard.speech_final))

    async def _turn_heard(self, heard: TurnHeard) -> None:
        self._transcript = self._transcript.rewrite(heard.text, heard.words, heard.until_ms)
        await self._say_words(final=False)
        match heard.event:
            case "eager":
                await self._do([EagerEnd()])
            case "resumed":
                await self._do([GoOn()])
            case "end":
                self._buffer.forget(heard.until_ms)
                await self._do([EndTurn("flux")])
            case _:
                pass

    async def _say_words(self, *, final: bool, words: Fixed | None = None) -> None:
        known = self._transcript
        if not known.text or (not final and known.text == self._said_text):
            return
        self._said_text = known.text
        said = speech_pb2.WordsHeard(turn=known.turn, text=known.text, final=final, until_ms=known.until_ms)
        for word in words.words if words else ():
            said.words.add(
                text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence
            )
        await self._call.log.say(said)

    async def _do(self, decisions: list[Decision]) -> None:
        for decision in decisions:
            match decision:
                case EndTurn(decided_by=decided_by):
                    await self._end_turn(decided_by)
                case EagerEnd():
                    known = self._transcript
                    eager = speech_pb2.TurnEager(
                        turn=known.turn, text=known.text, speech_end_ms=self._speech_end_ms()
                    )
                    await self._call.log.say(eager)
                case GoOn():
                    await self._call.log.say(speech_pb2.TurnResumed(turn=self._transcript.turn))
                case AskToFinalize():
                    self._transcribing.finalize()

    async def _end_turn(self, decided_by: str) -> None:
        known = self._transcript
        self._transcript = known.next_turn()
        self._said_text = ""
        if not known.text:
            return
        ended = speech_pb2.TurnEnded(
            turn=known.turn,
            text=known.text,
            speech_end_ms=self._speech_end_ms(),
            until_ms=known.until_ms,
            decided_by=decided_by,
        )
        await self._call.log.say(ended)

    def _speech_end_ms(self) -> int:
        """By the detector, which hears to 32 ms; by the words where it heard nothing."""
        words_end_ms = self._transcript.words[-1].end_ms if self._transcript.words else 0
        return self._voice_until_ms or words_end_ms

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            async with self._in_order:
                await self._do(self._endpointing.tick(self._call.log.now_ms()))

    async def _vendor_failed(self, error: VendorError) -> None:
        if self._told_failure == error.code:
            return
        self._told_failure = error.code
        await self._call.log.say(
            work_pb2.StageFailed(
                code=error.code, message=error.reason, retryable=error.retryable, vendor=error.vendor
            )
        )


@asynccontextmanager
async def open_listening(settings: SttSettings, _telemetry: Telemetry) -> AsyncIterator[ServeCall]:
    """What lives as long as the process: the vendor's client."""
    client = new_client(settings)

    async def serve(call: OwnedCall) -> None:
        if not call.ended:
            await Listener(call, client, settings).run()

    yield serve
