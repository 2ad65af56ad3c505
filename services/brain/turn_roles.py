"""The role of what the caller says, which depends on what the agent is saying. No I/O, no clock."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from services.brain.backchannels import affirms, is_backchannel
from services.brain.hold_requests import is_hold_request
from services.brain.phrases.phrase_lists import Phrases
from services.brain.questions import is_question, sentences_of
from services.brain.reply import Reply

Role: TypeAlias = Literal["turn", "backchannel", "early_answer", "hold"]
"""A turn that needs an answer; an "uh-huh" while the agent speaks; a "sure" over the end of the agent's
question, which is answered when the question has ended; a request to wait."""

_NEARLY_PLAYED_MS = 1000
"""An "okay" with at most this much audio left is an answer; earlier it only means "continue"."""
_MOSTLY_PLAYED = 0.5
"""The part of a question after which the caller can answer it."""


def role_of(text: str, replies: Sequence[Reply], phrases: Phrases) -> tuple[Role, str]:
    """Return the role of words while `replies` are active, and the id of the reply that they answer early."""
    return _role(text, [reply for reply in replies if reply.remaining_ms > _NEARLY_PLAYED_MS], phrases)


def takes_turn(text: str, replies: Sequence[Reply], phrases: Phrases) -> bool:
    """Whether the words of an unfinished turn interrupt the agent's active replies."""
    return bool(text.strip()) and _role(text, replies, phrases)[0] in ("turn", "hold")


def _role(text: str, replies: Sequence[Reply], phrases: Phrases) -> tuple[Role, str]:
    if is_hold_request(text, phrases):
        return "hold", ""
    reply = next((reply for reply in replies if reply.audible), None)
    if reply is None or not is_backchannel(text, phrases):
        return "turn", ""
    sentences = sentences_of(reply.text)
    if not sentences:
        return "backchannel", ""
    played = _played_characters(reply)
    start, last = sentences[-1]
    if is_question(last, phrases) and played >= start + len(last) * _MOSTLY_PLAYED:
        return "early_answer", reply.reply_id
    if affirms(text, phrases) and _question_was_played(sentences, played, phrases):
        return "turn", ""
    return "backchannel", ""


def _question_was_played(sentences: Sequence[tuple[int, str]], played: int, phrases: Phrases) -> bool:
    """Whether a question was played, and at most the sentence after it has begun."""
    ended = [sentence for start, sentence in sentences if start + len(sentence.rstrip()) <= played]
    return bool(ended) and is_question(ended[-1], phrases)


def _played_characters(reply: Reply) -> int:
    """The length of the text that was played, by the word timings of the synthesis."""
    characters = 0
    for text, clause in zip(reply.clauses, reply.synthesized, strict=False):
        if clause.end_sample <= reply.played_samples:
            characters += len(text)
            continue
        words = sum(end <= reply.played_samples for _, end in clause.words)
        return characters + round(len(text.rstrip()) * words / max(1, len(clause.words)))
    return characters
