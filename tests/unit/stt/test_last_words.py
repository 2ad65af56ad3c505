"""The turn of a caller whose call ends before its words have a final transcript."""

import asyncio

from parley.agent_config import SttConfig
from parley.providers.stt import FinalTranscript, InterimTranscript, SttEvent, Word
from parley.v1.speech_pb2 import SpeechStopped, TurnEnded
from services.stt.audio_buffer import AudioBuffer
from services.stt.last_words import LastWords
from services.stt.restore import SttState
from services.stt.turn_recognizer import TurnRecognizer
from tests.event_factories import bodies_of
from tests.field.virtual_time import run
from tests.unit.stt.doubles import FakeLog

LOUD = b"\x10"
HELLO = Word("hello", 1100, 1400, 0.9)
FINAL = FinalTranscript("hello", (HELLO,), 1640, speech_final=False)


class Call:
    """A recognizer and a provider that answers a finalize request with `answers`, after 0.3 s."""

    def __init__(self, *answers: SttEvent) -> None:
        self.log = FakeLog()
        self.buffer = AudioBuffer(0)
        self.turns = TurnRecognizer(
            self.log,
            SttConfig(),
            SttState(),
            self.buffer,
            lambda window: float(window.startswith(LOUD)),
            provider_detects_turns=False,
            request_finalize=lambda: None,
        )
        self.last_words = LastWords(self.turns, self)
        self.answers = answers
        self.requests: list[bool] = []
        self._answering: asyncio.Task[None] | None = None

    def request_finalize(self, *, last: bool = False) -> None:
        """Answer later."""
        self.requests.append(last)
        self._answering = asyncio.ensure_future(self._answer())

    async def _answer(self) -> None:
        await asyncio.sleep(0.3)
        for answer in self.answers:
            await self.turns.on_stt_event(answer)

    async def speak(self, ms: int = 640) -> None:
        """Add audio of speech that has not ended."""
        for _ in range(ms // 20):
            at_ms = self.buffer.end_ms if self.buffer.started else 1000
            self.log.time_ms = at_ms + 20
            await self.turns.on_audio(self.buffer.add(LOUD * 160, at_ms))
            self.last_words.audio_processed()

    @property
    def ended(self) -> list[tuple[str, str]]:
        """The texts of the turns, and what has ended them."""
        return [(turn.text, turn.decided_by) for turn in bodies_of(self.log.bodies, TurnEnded)]


def test_speech_without_a_transcript_is_finalized_and_ends_its_turn() -> None:
    """No interim transcript of it has arrived yet."""

    async def scene() -> None:
        call = Call(FINAL)
        await call.speak()
        call.last_words.caught_up()
        await call.last_words.add()
        assert call.ended == [("hello", "call_ended")]
        assert call.requests == [True]
        assert len(bodies_of(call.log.bodies, SpeechStopped)) == 1

    run(scene())


def test_words_without_an_answer_of_the_provider_are_a_turn() -> None:
    """A provider that hangs delays the end by a bounded time."""

    async def scene() -> None:
        call = Call()
        await call.speak()
        await call.turns.on_stt_event(InterimTranscript("hello", (HELLO,), 1500))
        call.last_words.caught_up()
        began_s = asyncio.get_running_loop().time()
        await call.last_words.add()
        assert call.ended == [("hello", "call_ended")]
        assert 2.0 <= asyncio.get_running_loop().time() - began_s < 2.5

    run(scene())


def test_final_words_end_their_turn_without_a_request() -> None:
    """The pause after them was too short to end the turn."""

    async def scene() -> None:
        call = Call()
        await call.speak()
        await call.turns.on_stt_event(FINAL)
        call.last_words.caught_up()
        await call.last_words.add()
        assert (call.ended, call.requests) == ([("hello", "call_ended")], [])

    run(scene())


def test_a_silent_caller_has_no_last_words() -> None:
    """The session ends at once."""

    async def scene() -> None:
        call = Call(FINAL)
        call.last_words.caught_up()
        began_s = asyncio.get_running_loop().time()
        await call.last_words.add()
        assert (call.ended, call.requests) == ([], [])
        assert asyncio.get_running_loop().time() == began_s

    run(scene())


def test_stored_audio_is_read_first() -> None:
    """An owner that has claimed the call late gets the words from the stream."""

    async def scene() -> None:
        call = Call(FINAL)
        adding = asyncio.ensure_future(call.last_words.add())
        await asyncio.sleep(0.5)
        assert call.last_words.begun
        await call.speak()
        call.last_words.caught_up()
        await adding
        assert call.ended == [("hello", "call_ended")]

    run(scene())


def test_audio_that_cannot_be_read_is_not_awaited_forever() -> None:
    """The bus may be unreachable."""

    async def scene() -> None:
        call = Call()
        await call.last_words.add()
        assert call.ended == []

    run(scene())
