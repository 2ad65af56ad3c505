"""A clause over the attempts of several voices, each of which stops within it."""

from parley.providers.tts import AudioChunk
from services.tts.clause_position import ClausePosition, Voice
from services.tts.reply_audio import ReplyAudio
from services.tts.voice_switch import VoiceSwitch
from tests.unit.tts.test_voice_switch import TEXT, chunks, readable

FIRST: Voice = ("first", "m")
SECOND: Voice = ("second", "m")
THIRD: Voice = ("third", "m")
MS = 50


class Speech:
    """The published audio of one clause."""

    def __init__(self) -> None:
        self.position = ClausePosition()
        self.reply = ReplyAudio("r1")
        self.audio = b""

    def attempt(self, voice: Voice, characters: int, *, timed: bool) -> None:
        """Let a voice speak the clause from its beginning, up to a number of characters."""
        place = self.position.begin_attempt(voice, self.reply)
        switch = None if place is None else VoiceSwitch(place)
        self.reply.text_sent(TEXT)
        for chunk in chunks(TEXT, MS, 2, timed=timed)[: characters // 2]:
            pieces = [chunk] if switch is None else switch.add(chunk, self.reply.clause_text)
            self.position.moved(None if switch is None else switch.offset)
            self._publish(pieces)

    def _publish(self, pieces: list[AudioChunk]) -> None:
        for piece in pieces:
            self.audio += self.reply.audio_received(piece)[1]

    @property
    def text(self) -> str:
        """The characters that are audible."""
        return readable(self.audio).replace("\xff", "")


def test_the_same_voice_continues_after_as_many_samples() -> None:
    """Its second attempt is the same audio."""
    speech = Speech()
    speech.attempt(FIRST, 8, timed=False)
    speech.attempt(FIRST, 26, timed=False)
    assert speech.text == TEXT


def test_a_retry_of_the_second_voice_continues_where_it_stopped_itself() -> None:
    """Its audio was moved, because it began again with the word in which the first voice had stopped."""
    speech = Speech()
    speech.attempt(FIRST, 2, timed=True)
    speech.attempt(SECOND, 8, timed=False)
    speech.attempt(SECOND, 26, timed=False)
    assert speech.text == f"Th{TEXT}"


def test_a_third_voice_continues_where_the_second_one_stopped() -> None:
    """Without timings of the second one, both are taken to have the same pace."""
    speech = Speech()
    speech.attempt(FIRST, 2, timed=True)
    speech.attempt(SECOND, 8, timed=False)
    speech.attempt(THIRD, 26, timed=False)
    assert speech.text == f"Th{TEXT}"


def test_an_attempt_without_audio_leaves_the_place_as_it_was() -> None:
    """The attempt after it still has the words of the first one."""
    speech = Speech()
    speech.attempt(FIRST, 8, timed=True)
    speech.attempt(FIRST, 0, timed=True)
    speech.attempt(SECOND, 26, timed=False)
    # The second word begins again.
    assert speech.text == f"{TEXT[:8]}{TEXT[3:]}"
