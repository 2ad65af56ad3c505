"""How one reply's sound grows, over as many makings as it takes."""

from hypothesis import given
from hypothesis import strategies as st

from parley.providers.tts import AudioChunk, CharTiming
from parley.v1.synthesis_pb2 import ClauseSynthesized
from services.tts.sound import ReplySound

SAMPLES_A_CHARACTER = 80


def sound_of(text: str) -> bytes:
    """10 ms a character."""
    return b"".join(bytes([ord(c) & 0x7F]) * SAMPLES_A_CHARACTER for c in text)


def pieces(text: str, size: int, *, aligned: bool) -> list[AudioChunk]:
    """A clause's sound cut anywhere, each piece with the characters that begin in it."""
    sound = sound_of(text)
    found = []
    for begin in range(0, len(sound), size):
        characters = [
            CharTiming(c, (at - begin) / 8, (at - begin + SAMPLES_A_CHARACTER) / 8)
            for c, at in ((c, n * SAMPLES_A_CHARACTER) for n, c in enumerate(text))
            if begin <= at < begin + size
        ]
        found.append(AudioChunk(sound[begin : begin + size], tuple(characters) if aligned else ()))
    return found


class Ear:
    """Goes by offset, as those who play do."""

    def __init__(self) -> None:
        self.sound = b""
        self.voiced: list[ClauseSynthesized] = []

    def hear(self, reply: ReplySound, piece: AudioChunk) -> None:
        """What the reply gives out for a piece."""
        offset, fresh = reply.hear(piece)
        assert not fresh or offset == len(self.sound)
        self.sound += fresh
        self.voiced += reply.completed()


def test_a_clause_is_complete_with_its_last_characters_sound() -> None:
    """At once, without waiting for what follows."""
    reply, ear = ReplySound("r1"), Ear()
    reply.begin()
    reply.send("ab. ")
    for piece in pieces("ab.", 100, aligned=True):
        ear.hear(reply, piece)

    assert [(v.clause, v.start_sample, v.end_sample) for v in ear.voiced] == [(0, 0, 240)]


def test_an_alignment_ahead_of_its_sound_is_waited_for() -> None:
    """All characters come with the first piece; the clause is complete when the sound is."""
    reply, ear = ReplySound("r1"), Ear()
    reply.begin()
    reply.send("abcdefgh")
    ear.hear(
        reply,
        AudioChunk(b"x" * 100, tuple(CharTiming(c, n * 50, n * 50 + 50) for n, c in enumerate("abcdefgh"))),
    )
    ear.hear(reply, AudioChunk(b"x" * 3000))
    assert not ear.voiced
    ear.hear(reply, AudioChunk(b"x" * 100))

    assert [v.end_sample for v in ear.voiced] == [3200]


def test_the_pause_after_a_clause_is_not_taken_for_the_next() -> None:
    """A making that breaks off in the pause begins the next clause behind it."""
    reply, ear = ReplySound("r1"), Ear()
    reply.begin()
    reply.send("ab ")
    reply.send("cd ")
    ear.hear(reply, AudioChunk(sound_of("ab"), (CharTiming("a", 0, 10), CharTiming("b", 10, 20))))
    ear.hear(reply, AudioChunk(b"\xff" * 80))
    reply.begin()
    reply.send("cd ")
    for piece in pieces("cd", 1000, aligned=True):
        ear.hear(reply, piece)

    assert ear.sound == sound_of("ab") + b"\xff" * 80 + sound_of("cd")
    assert [(v.start_sample, v.end_sample) for v in ear.voiced] == [(0, 160), (240, 400)]


def test_a_making_that_is_shorter_than_the_last_leaves_no_gap() -> None:
    """The clause ends where it was published up to; the next goes on from there."""
    reply, ear = ReplySound("r1"), Ear()
    reply.begin()
    reply.send("slow")
    ear.hear(reply, AudioChunk(b"s" * 500))
    reply.begin()
    reply.send("slow")
    reply.send("next")
    ear.hear(reply, AudioChunk(b"f" * 300, ends_clause=True))
    ear.hear(reply, AudioChunk(b"n" * 200, ends_clause=True))

    assert ear.sound == b"s" * 500 + b"n" * 200
    assert [(v.start_sample, v.end_sample) for v in ear.voiced] == [(0, 500), (500, 700)]


def test_a_clause_without_letters_ends_with_what_follows() -> None:
    """It has no characters to wait for, and is owed nothing."""
    reply, ear = ReplySound("r1"), Ear()
    reply.begin()
    reply.send("... ")
    assert not reply.owed
    reply.send("ab")
    for piece in pieces("ab", 1000, aligned=True):
        ear.hear(reply, piece)

    assert [(v.clause, v.end_sample) for v in ear.voiced] == [(0, 0), (1, 160)]


def test_sound_is_owed_from_the_text_to_its_last_character() -> None:
    """And the provider's last word, once it was told that no text comes."""
    reply = ReplySound("r1")
    reply.begin()
    assert not reply.owed
    reply.send("ab")
    assert reply.owed
    for piece in pieces("ab", 1000, aligned=True):
        reply.hear(piece)
    reply.completed()
    assert not reply.owed
    reply.finished = True
    assert reply.owed
    assert reply.whole


def test_a_provider_without_alignment_owes_nothing_after_its_first_sound() -> None:
    """Who can tell whether the clause is at its end."""
    reply = ReplySound("r1")
    reply.begin()
    reply.send("ab")
    reply.hear(AudioChunk(b"x"))

    assert not reply.owed


clauses_of_words = st.lists(
    st.lists(st.text("abcdefgh", min_size=1, max_size=5), min_size=1, max_size=4).map(" ".join),
    min_size=1,
    max_size=4,
)


@given(
    clauses=clauses_of_words,
    size=st.integers(1, 40).map(lambda n: n * 20),
    breaks=st.lists(st.integers(1, 12), max_size=3),
    aligned=st.booleans(),
)
def test_breaking_off_anywhere_loses_and_repeats_nothing(
    clauses: list[str], size: int, breaks: list[int], aligned: bool
) -> None:
    """The ear has each clause once, in order; the ends adjoin and, with alignment, are exact."""
    reply, ear = ReplySound("r1"), Ear()
    for limit in (*breaks, None):
        reply.begin()
        left = clauses[reply.next_clause :]
        for text in left:
            reply.send(f"{text}. ")
        coming = [piece for text in left for piece in pieces(f"{text}.", size, aligned=aligned)]
        for piece in coming[:limit]:
            ear.hear(reply, piece)
    ear.voiced += reply.end()

    sounds = [sound_of(f"{text}.") for text in clauses]
    assert ear.sound == b"".join(sounds)
    assert [v.clause for v in ear.voiced] == list(range(len(clauses)))
    starts = [v.start_sample for v in ear.voiced]
    ends = [v.end_sample for v in ear.voiced]
    assert starts == [0, *ends[:-1]]
    assert ends[-1] == len(ear.sound)
    if aligned:
        assert ends == [sum(len(s) for s in sounds[: n + 1]) for n in range(len(sounds))]
