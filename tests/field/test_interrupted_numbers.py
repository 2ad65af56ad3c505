"""Barge-in while a number is spoken in words."""

from parley.providers.tts import AudioChunk, CharTiming
from parley.v1.playback_pb2 import BargeIn
from parley.v1.reply_pb2 import ReplyClause
from services.brain.reply import Reply, evolve
from services.tts.reply_audio import ReplyAudio
from services.tts.spoken_text.normalizer import NormalizerOptions, ReplyNormalizer
from tests.field.rows import Seen, row

CLAUSES = ("**It** costs $12.50 today. ", "👍 ", "- Come on 12/31/2026, ok? ", "Call 555 123 4567 now.")
SAMPLES_PER_CHARACTER = 480


def synthesize(clauses: tuple[str, ...]) -> tuple[Reply, ReplyAudio]:
    """The reply in the conversation, and its audio, 60 ms for each character that is spoken."""
    normalizer, audio, reply = ReplyNormalizer(NormalizerOptions("en")), ReplyAudio("r1"), Reply("r1", 1)
    audio.start_attempt()
    for number, clause in enumerate(clauses):
        reply = evolve(reply, ReplyClause(reply_id="r1", clause=number, text=clause))
        spoken = normalizer.feed(clause)
        audio.text_sent(clause, spoken)
        for character in spoken.text.strip():
            mulaw = b"\x10" * SAMPLES_PER_CHARACTER
            audio.audio_received(AudioChunk(mulaw, (CharTiming(character, 0, SAMPLES_PER_CHARACTER / 8),)))
            for synthesized in audio.take_completed():
                reply = evolve(reply, synthesized)
    for synthesized in audio.finish():
        reply = evolve(reply, synthesized)
    return reply, audio


@row(
    "S2",
    "an interruption in the middle of $12.50 or 12/31/2026",
    "the played text is a prefix of the clauses",
)
def test_the_played_text_is_a_prefix_of_the_reply(seen: Seen) -> None:
    """At each position; a number counts when its last word was played."""
    reply, audio = synthesize(CLAUSES)
    words = " ".join(CLAUSES).split()
    texts: dict[str, int] = {}
    for position in range(0, audio.published + 1, SAMPLES_PER_CHARACTER):
        played = evolve(reply, BargeIn(reply_id="r1", played_samples=position)).played_text
        assert played.split() == words[: len(played.split())]
        texts.setdefault(played, position)
    seen(" | ".join(texts)[:150])

    spoken = "It costs twelve dollars and fifty cents"
    assert texts["**It** costs $12.50"] == len(spoken) * SAMPLES_PER_CHARACTER
    assert "" in texts
    assert texts["**It** costs"] == len("It costs") * SAMPLES_PER_CHARACTER
    assert max(texts, key=len).split() == words
    assert [texts[text] for text in sorted(texts, key=len)] == sorted(texts.values())
