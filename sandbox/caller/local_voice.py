"""A voice that can say any text, for what the bank has no recording of."""

from sandbox.caller.utterance import SpokenWord, Utterance, make_utterance
from sandbox.espeak import speak


def speak_locally(text: str) -> Utterance:
    """A text as the local voice says it."""
    speech = speak(text)
    words = tuple(SpokenWord(word.text, word.start_ms, word.end_ms) for word in speech.words)
    return make_utterance(text, speech.mulaw, words)
