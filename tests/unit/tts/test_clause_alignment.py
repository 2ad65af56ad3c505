"""Character timings matched to clauses: what was spoken, and what was lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.providers.tts import AudioChunk, CharTiming
from services.tts.reply_audio import ReplyAudio

MS_PER_CHARACTER = 50
SAMPLES = MS_PER_CHARACTER * 8
CLAUSES = ("Good morning. ", "You have two visits, ", "the first is at nine. ")


def audio_of(text: str) -> bytes:
    """50 ms of audio per character."""
    return b"".join(bytes([ord(c) & 0x7F]) * SAMPLES for c in text)


def timed(text: str, shown: str | None = None) -> AudioChunk:
    """The audio of a text with the timings of its characters, or of other ones."""
    timings = tuple(
        CharTiming(c, n * MS_PER_CHARACTER, (n + 1) * MS_PER_CHARACTER) for n, c in enumerate(shown or text)
    )
    return AudioChunk(audio_of(text), timings)


def pieces(text: str, size: int) -> list[AudioChunk]:
    """The audio of a text in chunks of a few characters."""
    return [timed(text[begin : begin + size]) for begin in range(0, len(text), size)]


class Attempt:
    """One attempt with three clauses."""

    def __init__(self, *clauses: str) -> None:
        self.reply = ReplyAudio("r1")
        self.reply.start_attempt()
        for text in clauses or CLAUSES:
            self.reply.text_sent(text)
        self.completed = 0
        self.audio = b""

    def receive(self, *chunks: AudioChunk) -> "Attempt":
        """Handle chunks until audio is lost."""
        for chunk in chunks:
            self.audio += self.reply.audio_received(chunk)[1]
            self.completed += len(self.reply.take_completed())
            if self.reply.lost_letters:
                break
        return self

    @property
    def fails(self) -> bool:
        """Whether text is missing at the end of the stream."""
        self.reply.input_ended = True
        return bool(self.reply.unspoken_letters)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_nothing_is_missing_from_a_complete_reply(size: int) -> None:
    """Chunks may have any size."""
    attempt = Attempt().receive(*(chunk for text in CLAUSES for chunk in pieces(text, size)))

    assert not attempt.fails
    assert attempt.completed == 3
    assert attempt.reply.fully_aligned


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_lost_clause_is_noticed(size: int, lost: int) -> None:
    """The audio of the clauses after it is not published, those before it are complete."""
    spoken = [text for number, text in enumerate(CLAUSES) if number != lost]
    attempt = Attempt().receive(*(chunk for text in spoken for chunk in pieces(text, size)))

    assert attempt.fails
    assert attempt.completed == lost
    assert attempt.audio == audio_of("".join(CLAUSES[:lost]))


@pytest.mark.parametrize("size", [3, 7, 100])
def test_the_lost_rest_of_a_clause_is_noticed(size: int) -> None:
    """The next clause follows too early."""
    attempt = Attempt().receive(*pieces("Good morning. You have ", size), *pieces(CLAUSES[2], size))

    assert attempt.fails
    assert attempt.completed == 1


def test_timings_that_begin_again_are_counted_once() -> None:
    """Some models send the beginning of a sentence twice, the second time with more of it."""
    attempt = Attempt("Buenos dias, hablo con Maria. ", "Le llamo por su cita. ")
    attempt.receive(timed("Buenos dias, hablo co"))
    attempt.receive(AudioChunk(b"\xff" * 80, timed("Buenos dias, hablo con Ma").char_timings))

    assert attempt.completed == 0
    attempt.receive(timed("ria. "), timed("Le llamo por "))
    assert attempt.completed == 1
    attempt.receive(timed("Le llamo por su "), timed("cita. "))
    assert attempt.completed == 2
    assert not attempt.fails


def test_timings_repeated_after_the_clause_are_ignored() -> None:
    """They do not count for the next clause."""
    attempt = Attempt().receive(timed(CLAUSES[0]), AudioChunk(b"", timed(CLAUSES[0]).char_timings))

    assert attempt.completed == 1
    assert attempt.reply.awaiting_alignment
    assert attempt.fails


def test_missing_timings_with_enough_audio_are_no_loss() -> None:
    """A chunk in the middle may have no alignment."""
    untimed = AudioChunk(audio_of("have two "))
    attempt = Attempt().receive(timed("Good morning. You "), untimed, timed("visits, "), timed(CLAUSES[2]))

    assert not attempt.fails
    assert attempt.completed == 3


def test_a_clause_without_timings_at_the_end_is_no_loss() -> None:
    """Its audio shows that it was spoken."""
    attempt = Attempt().receive(timed(CLAUSES[0]), timed(CLAUSES[1]), AudioChunk(audio_of(CLAUSES[2])))

    assert not attempt.fails


def test_text_that_the_provider_writes_differently_is_no_loss() -> None:
    """The timings may be those of a normalized text."""
    attempt = Attempt("It costs $5. ", "Is that all right? ")
    attempt.receive(timed("It costs five dollars. "), timed("Is that all right? "))

    assert not attempt.fails


def test_aligned_silence_is_a_loss() -> None:
    """Timings do not prove that there is speech."""
    silent = AudioChunk(b"\xff" * len(audio_of(CLAUSES[0])), timed(CLAUSES[0]).char_timings)
    attempt = Attempt(CLAUSES[0]).receive(silent)

    assert attempt.completed == 0
    assert attempt.fails


def test_silence_of_a_failed_attempt_is_not_published() -> None:
    """The next attempt publishes the whole clause."""
    attempt = Attempt("Hello. ").receive(AudioChunk(b"\xff" * 4000, ends_clause=True))
    assert attempt.fails
    attempt.reply.start_attempt()
    attempt.reply.text_sent("Hello. ")
    attempt.receive(timed("Hello. "))

    assert attempt.audio == audio_of("Hello. ")
    assert attempt.completed == 1


def test_ssml_tags_are_not_awaited() -> None:
    """Only the text around them is spoken."""
    attempt = Attempt('One moment <break time="0.5s"/> please. ').receive(timed("One moment  please. "))

    assert attempt.completed == 1
    assert not attempt.fails


def test_an_attempt_without_audio_fails() -> None:
    """Except for text that is not spoken."""
    assert Attempt().fails
    assert not Attempt("... ").fails


words = st.lists(st.text("abcdefgh", min_size=2, max_size=6), min_size=2, max_size=4).map(" ".join)


@given(st.lists(words, min_size=2, max_size=5, unique=True), st.data())
def test_each_lost_ending_is_noticed(texts: list[str], data: st.DataObject) -> None:
    """At whichever character the audio ends, unless only a letter is missing."""
    clauses = [f"{text}. " for text in texts]
    spoken = "".join(clauses)
    end = data.draw(st.integers(0, len(spoken)))
    size = data.draw(st.integers(1, 9))
    attempt = Attempt(*clauses).receive(*pieces(spoken[:end], size))
    left = sum(map(str.isalnum, spoken[end:]))

    assert attempt.fails == (left > 1)
    assert attempt.audio == audio_of(spoken[:end])


def test_timings_may_reach_a_little_beyond_the_audio() -> None:
    """The provider's times are not exact; a clause that is cut off is noticed all the same."""
    audio = audio_of("Good morning.")
    whole = Attempt("Good morning. ").receive(AudioChunk(audio[:-800], timed("Good morning.").char_timings))
    cut = Attempt("Good morning. ").receive(AudioChunk(audio[:-3200], timed("Good morning.").char_timings))

    assert not whole.fails
    assert cut.fails


END = AudioChunk(b"", ends_clause=True)


def test_a_mark_of_a_clause_that_its_times_have_completed_ends_no_other() -> None:
    """A provider may send times and marks: each clause ends with its own mark, or before it."""
    attempt = Attempt()

    assert attempt.receive(timed(CLAUSES[0])).completed == 1
    assert attempt.receive(END).completed == 1
    assert attempt.receive(timed(CLAUSES[1]), END, timed(CLAUSES[2]), END).completed == 3
    assert not attempt.reply.lost_letters


def test_a_second_mark_without_audio_is_a_lost_clause() -> None:
    """Only one mark belongs to a clause that its times have completed."""
    attempt = Attempt().receive(timed(CLAUSES[0]), END, END)

    assert attempt.reply.lost_letters


def test_a_mark_after_enough_audio_belongs_to_the_clause_of_that_audio() -> None:
    """Times may be missing for a clause whose end is marked."""
    attempt = Attempt().receive(timed(CLAUSES[0]), AudioChunk(audio_of(CLAUSES[1])), END)

    assert attempt.completed == 2
