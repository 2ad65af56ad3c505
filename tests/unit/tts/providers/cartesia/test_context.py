"""The clauses, audio and times of one context."""

from collections.abc import Iterable

from parley.audio.g711 import ms_to_bytes
from parley.providers.tts import AudioChunk
from services.tts.providers.cartesia.context import Context
from services.tts.providers.cartesia.wire import Audio, FlushDone, Timestamps, Word

SECOND = b"\1" * ms_to_bytes(1000)


def context(sent: int = 2) -> Context:
    return Context("c1", sent=sent)


def audio(flush_id: int = 0, data: bytes = SECOND) -> Audio:
    return Audio("c1", data, flush_id)


def kinds(chunks: Iterable[AudioChunk]) -> str:
    """`a` for audio, `t` for times, `e` for the end of a clause."""
    return "".join("a" if c.audio else "t" if c.char_timings else "e" for c in chunks)


def test_a_clause_ends_with_its_flush() -> None:
    """A second confirmation of the same flush changes nothing."""
    one = context()

    assert kinds(one.on_audio(audio(1), 0)) == "a"
    assert kinds(one.on_flush_done(FlushDone("c1", 1))) == "e"
    assert kinds(one.on_flush_done(FlushDone("c1", 1))) == ""
    assert kinds(one.on_audio(audio(2), 0)) == "a"
    assert not one.complete
    assert kinds(one.on_flush_done(FlushDone("c1", 2))) == "e"
    assert one.complete


def test_audio_of_the_next_clause_ends_the_one_before() -> None:
    """A lost confirmation does not join two clauses."""
    one = context()

    assert kinds(one.on_audio(audio(1), 0)) + kinds(one.on_audio(audio(2), 0)) == "aea"
    assert kinds(one.on_done()) == "e"


def test_numbers_that_were_never_sent_end_nothing() -> None:
    """Neither audio nor confirmations can skip clauses that are still to come."""
    one = context(sent=1)

    assert kinds(one.on_audio(audio(9), 0)) == "a"
    assert kinds(one.on_flush_done(FlushDone("c1", 9))) == "e"
    assert kinds(one.on_flush_done(FlushDone("c1", 2))) == ""


def test_without_numbers_each_confirmation_ends_one_clause() -> None:
    """Servers may leave `flush_id` out."""
    one = context()
    found = (
        one.on_audio(audio(), 0),
        one.on_flush_done(FlushDone("c1", 0)),
        one.on_audio(audio(), 0),
        one.on_flush_done(FlushDone("c1", 0)),
    )

    assert "".join(map(kinds, found)) == "aeae"


def test_times_count_from_the_start_of_the_context_or_of_the_clause() -> None:
    """Both are understood; the chunk's times are relative to the audio so far."""
    for start_ms in (1000.0, 0.0):
        one = context()
        list(one.on_audio(audio(1), 0))
        list(one.on_flush_done(FlushDone("c1", 1)))
        list(one.on_audio(audio(2), 0))
        (chunk,) = one.on_timestamps(Timestamps("c1", (Word("Hi", start_ms, start_ms + 200),), 2))

        assert [(c.text, c.start_ms, c.end_ms) for c in chunk.char_timings] == [
            ("H", -1000.0, -900.0),
            ("i", -900.0, -800.0),
        ]


def test_times_of_an_earlier_clause_are_ignored() -> None:
    """They would be taken for those of the current one."""
    one = context()
    list(one.on_flush_done(FlushDone("c1", 1)))

    assert kinds(one.on_timestamps(Timestamps("c1", (Word("Hi", 0, 1),), 1))) == ""
    assert kinds(one.on_timestamps(Timestamps("c1", (), 2))) == ""


def test_no_text_is_sent_in_a_context_that_may_have_expired() -> None:
    """The provider ends a context one second after its last audio."""
    one = context(sent=1)
    list(one.on_audio(audio(1), 10.0))

    assert one.accepts_text(20.0)  # more audio is to come
    list(one.on_flush_done(FlushDone("c1", 1)))
    assert one.accepts_text(10.3)
    assert not one.accepts_text(10.9)
    list(one.on_done())
    assert not one.accepts_text(10.3)
