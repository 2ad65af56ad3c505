"""One reply's audio, over as many attempts as it takes."""

from hypothesis import given
from hypothesis import strategies as st

from parley.providers.tts import AudioChunk, CharTiming
from parley.v1.synthesis_pb2 import ClauseSynthesized
from services.tts.reply_audio import ReplyAudio
from services.tts.spoken_text.normalizer import NormalizerOptions, ReplyNormalizer, SpokenText

SAMPLES_PER_CHARACTER = 400


def audio_of(text: str) -> bytes:
    """50 ms of audio per character."""
    return b"".join(bytes([ord(c) & 0x7F]) * SAMPLES_PER_CHARACTER for c in text)


def chunks_of(text: str, size: int, *, aligned: bool) -> list[AudioChunk]:
    """The audio of a clause cut at any positions, each chunk with the characters that begin in it."""
    audio = audio_of(text)
    found = []
    for begin in range(0, len(audio), size):
        characters = [
            CharTiming(c, (at - begin) / 8, (at - begin + SAMPLES_PER_CHARACTER) / 8)
            for c, at in ((c, n * SAMPLES_PER_CHARACTER) for n, c in enumerate(text))
            if begin <= at < begin + size
        ]
        found.append(AudioChunk(audio[begin : begin + size], tuple(characters) if aligned else ()))
    return found


class Player:
    """Keeps audio by its offset, as the edge does."""

    def __init__(self) -> None:
        self.audio = b""
        self.clauses: list[ClauseSynthesized] = []

    def receive(self, reply: ReplyAudio, chunk: AudioChunk) -> None:
        """Add the audio that the reply returns for a chunk."""
        offset, fresh = reply.audio_received(chunk)
        assert not fresh or offset == len(self.audio)
        self.audio += fresh
        self.clauses += reply.take_completed()


def test_a_clause_is_complete_with_the_audio_of_its_last_character() -> None:
    """No audio after that character is needed."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    reply.text_sent("ab. ")
    for chunk in chunks_of("ab.", 500, aligned=True):
        player.receive(reply, chunk)

    assert [(c.clause, c.start_sample, c.end_sample) for c in player.clauses] == [(0, 0, 1200)]


def test_an_alignment_may_precede_its_audio() -> None:
    """If all timings arrive with the first chunk, the clause is complete when its audio is."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    reply.text_sent("abcdefgh")
    player.receive(
        reply,
        AudioChunk(b"x" * 100, tuple(CharTiming(c, n * 50, n * 50 + 50) for n, c in enumerate("abcdefgh"))),
    )
    player.receive(reply, AudioChunk(b"x" * 3000))
    assert not player.clauses
    player.receive(reply, AudioChunk(b"x" * 100))

    assert [c.end_sample for c in player.clauses] == [3200]


def test_silence_before_the_first_word_of_a_clause_is_published_with_the_word() -> None:
    """An attempt that failed before the word has published none of it."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    reply.text_sent("ab ")
    reply.text_sent("cd ")
    player.receive(reply, AudioChunk(audio_of("ab"), (CharTiming("a", 0, 50), CharTiming("b", 50, 100))))
    player.receive(reply, AudioChunk(b"\xff" * 400))
    reply.start_attempt()
    reply.text_sent("cd ")
    player.receive(reply, AudioChunk(b"\xff" * 200))
    assert player.audio == audio_of("ab")
    player.receive(reply, AudioChunk(audio_of("cd"), (CharTiming("c", 0, 50), CharTiming("d", 50, 100))))

    assert player.audio == audio_of("ab") + b"\xff" * 200 + audio_of("cd")
    assert [(c.start_sample, c.end_sample) for c in player.clauses] == [(0, 800), (800, 1800)]


def test_a_pause_that_was_published_is_not_part_of_the_next_clause() -> None:
    """After an attempt that failed in the pause, the next clause begins after the pause."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    reply.text_sent("ab ")
    player.receive(reply, AudioChunk(audio_of("ab"), (CharTiming("a", 0, 50), CharTiming("b", 50, 100))))
    player.receive(reply, AudioChunk(b"\xff" * 400))
    reply.start_attempt()
    reply.text_sent("cd ")
    player.receive(reply, AudioChunk(audio_of("cd"), (CharTiming("c", 0, 50), CharTiming("d", 50, 100))))

    assert player.audio == audio_of("ab") + b"\xff" * 400 + audio_of("cd")
    assert [(c.start_sample, c.end_sample) for c in player.clauses] == [(0, 800), (1200, 2000)]


def test_endless_silence_is_no_clause() -> None:
    """The attempt fails, and its silence is not published."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    reply.text_sent("ab ")
    for _ in range(31):
        assert not reply.lost_letters
        player.receive(reply, AudioChunk(b"\xff" * 8000))
    assert reply.lost_letters == 2
    assert player.audio == b""


def test_a_fork_leaves_the_attempt_as_it_is() -> None:
    """Either of the two may continue."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    reply.text_sent("ab ")
    player.receive(reply, AudioChunk(audio_of("a"), (CharTiming("a", 0, 50),)))
    fork, other = reply.fork(), Player()
    other.audio = player.audio
    fork.start_attempt()
    fork.text_sent("ab ")

    other.receive(fork, AudioChunk(audio_of("ab"), ends_clause=True))
    player.receive(reply, AudioChunk(audio_of("b"), (CharTiming("b", 0, 50),)))
    assert player.audio == other.audio == audio_of("ab")
    assert len(player.clauses) == len(other.clauses) == 1


def test_an_attempt_that_is_shorter_than_the_last_leaves_no_gap() -> None:
    """The clause ends at its last published sample, where the next one begins."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    reply.text_sent("slow")
    player.receive(reply, AudioChunk(b"s" * 2500))
    reply.start_attempt()
    reply.text_sent("slow")
    reply.text_sent("next")
    player.receive(reply, AudioChunk(b"f" * 1500, ends_clause=True))
    player.receive(reply, AudioChunk(b"n" * 1000, ends_clause=True))

    assert player.audio == b"s" * 2500 + b"n" * 1000
    assert [(c.start_sample, c.end_sample) for c in player.clauses] == [(0, 2500), (2500, 3500)]


def test_a_clause_without_letters_ends_with_what_follows() -> None:
    """No characters are awaited."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    reply.text_sent("... ")
    assert not reply.awaiting_provider
    reply.text_sent("ab")
    for chunk in chunks_of("ab", 1000, aligned=True):
        player.receive(reply, chunk)

    assert [(c.clause, c.end_sample) for c in player.clauses] == [(0, 0), (1, 800)]


def test_output_is_awaited_from_the_text_to_its_last_character() -> None:
    """After the end of the input the end of the stream is awaited."""
    reply = ReplyAudio("r1")
    reply.start_attempt()
    assert not reply.awaiting_provider
    reply.text_sent("ab")
    assert reply.awaiting_provider
    for chunk in chunks_of("ab", 1000, aligned=True):
        reply.audio_received(chunk)
    reply.take_completed()
    assert not reply.awaiting_provider
    reply.input_ended = True
    assert reply.awaiting_provider
    assert reply.fully_aligned


def test_without_alignment_nothing_is_awaited_after_the_first_audio() -> None:
    """The end of the clause cannot be recognised."""
    reply = ReplyAudio("r1")
    reply.start_attempt()
    reply.text_sent("ab")
    reply.audio_received(AudioChunk(b"x"))

    assert not reply.awaiting_provider


clauses_of_words = st.lists(
    st.lists(st.text("abcdefgh", min_size=1, max_size=5), min_size=1, max_size=4).map(" ".join),
    min_size=1,
    max_size=4,
)


@given(
    clauses=clauses_of_words,
    size=st.integers(1, 40).map(lambda n: n * 100),
    breaks=st.lists(st.integers(1, 12), max_size=3),
    aligned=st.booleans(),
)
def test_a_failure_anywhere_loses_and_repeats_nothing(
    clauses: list[str], size: int, breaks: list[int], aligned: bool
) -> None:
    """The player has each clause once and in order; the ends are exact if there is an alignment."""
    reply, player = ReplyAudio("r1"), Player()
    for limit in (*breaks, None):
        reply.start_attempt()
        left = clauses[reply.next_clause :]
        for text in left:
            reply.text_sent(f"{text}. ")
        coming = [chunk for text in left for chunk in chunks_of(f"{text}.", size, aligned=aligned)]
        for chunk in coming[:limit]:
            player.receive(reply, chunk)
    player.clauses += reply.finish()

    expected = [audio_of(f"{text}.") for text in clauses]
    assert player.audio == b"".join(expected)
    assert [c.clause for c in player.clauses] == list(range(len(clauses)))
    starts = [c.start_sample for c in player.clauses]
    ends = [c.end_sample for c in player.clauses]
    assert starts == [0, *ends[:-1]]
    assert ends[-1] == len(player.audio)
    if aligned:
        assert ends == [sum(len(s) for s in expected[: n + 1]) for n in range(len(expected))]


def test_a_clause_that_is_not_spoken_is_complete_without_audio() -> None:
    """It has zero samples, before, between and after other clauses."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    silent = SpokenText("", ())
    reply.text_sent("--- ", silent)
    reply.text_sent("ab. ")
    reply.text_sent("👍 ", silent)
    reply.text_sent("cd. ")
    reply.text_sent("---", silent)
    reply.input_ended = True
    assert [(c.clause, c.start_sample, c.end_sample) for c in reply.take_completed()] == [(0, 0, 0)]
    for text in ("ab.", "cd."):
        for chunk in chunks_of(text, 100, aligned=True):
            player.receive(reply, chunk)

    assert [(c.clause, c.start_sample, c.end_sample) for c in player.clauses] == [
        (1, 0, 1200),
        (2, 1200, 1200),
        (3, 1200, 2400),
        (4, 2400, 2400),
    ]
    assert reply.fully_aligned


def test_the_end_of_a_clause_skips_those_that_are_not_spoken() -> None:
    """A provider without alignment marks the end of what it was sent."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    reply.text_sent("---", SpokenText("", ()))
    reply.text_sent("ab")
    player.receive(reply, AudioChunk(audio_of("ab"), ends_clause=True))

    assert [(c.clause, c.end_sample) for c in player.clauses] == [(0, 0), (1, 800)]


def test_the_words_of_a_clause_have_the_times_of_what_was_spoken() -> None:
    """They are those that the model wrote, and end with the last word spoken for them."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    clause = "- It is $12.50 now."
    spoken = ReplyNormalizer(NormalizerOptions("en")).feed(clause)
    reply.text_sent(clause, spoken)
    for chunk in chunks_of(spoken.text, 500, aligned=True):
        player.receive(reply, chunk)

    words = {word.text: (word.start_ms, word.end_ms) for word in player.clauses[0].words}
    amount = spoken.text.index("twelve")
    assert list(words) == clause.split()
    assert words["$12.50"] == (amount * 50, spoken.text.index(" now") * 50)
    assert words["-"] == words["It"]


def test_the_timing_of_a_mark_alone_does_not_show_a_loss() -> None:
    """A provider may leave out all timings but the last; the words are audible."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    reply.text_sent("Then it goes on. ")
    reply.input_ended = True
    player.receive(reply, AudioChunk(audio_of("Then it goes on")))
    player.receive(reply, AudioChunk(audio_of("."), (CharTiming(".", 0, 50),)))

    assert not reply.unspoken_letters


def test_speech_without_timings_is_not_a_pause() -> None:
    """The next attempt does not publish it again."""
    reply, player = ReplyAudio("r1"), Player()
    reply.start_attempt()
    reply.text_sent("ab. ")
    reply.text_sent("Then it goes on. ")
    for chunk in chunks_of("ab.", 1200, aligned=True):
        player.receive(reply, chunk)
    player.receive(reply, AudioChunk(audio_of("Then it goes")))
    reply.start_attempt()
    reply.text_sent("Then it goes on. ")
    for chunk in chunks_of("Then it goes on.", 500, aligned=True):
        player.receive(reply, chunk)

    assert player.audio == audio_of("ab.Then it goes on.")
