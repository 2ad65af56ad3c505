"""Provides the audio of a caller's texts: a recording from the voice bank, or else espeak-ng."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.caller.echo import attenuation
from sandbox.caller.noises import noise
from sandbox.caller.script import Noise, NoiseKind, Play, Say, Script
from sandbox.caller.script_fields import ScriptError
from sandbox.caller.utterance import Utterance, make_utterance, recorded_utterance
from sandbox.espeak import speak, voice_of
from sandbox.speech import Speech, Word

_BANK = Path(__file__).parent / "voice"

Synthesise = Callable[[str], Utterance]


def normalise(text: str) -> str:
    """The text as indexed in the voice bank: lower case, words and apostrophes only."""
    return " ".join("".join(c if c.isalnum() or c == "'" else " " for c in text.lower()).split())


def _speak(text: str) -> Utterance:
    speech = speak(text)
    return make_utterance(text, speech.mulaw, speech.words)


def speak_in(language: str, text: str) -> Utterance:
    """The audio of a text in another language than English, by espeak-ng."""
    speech = speak(text, voice_of(language))
    return make_utterance(text, speech.mulaw, tuple(map(_plain, speech.words)), language)


def _plain(word: Word) -> Word:
    # A recogniser adds its own punctuation.
    return Word(word.text.strip(".,!?;:।¿¡") or word.text, word.start_ms, word.end_ms)


@dataclass(frozen=True, slots=True)
class VoiceBank:
    """Recordings by normalised text, and a synthesiser for all other texts."""

    recordings: Mapping[str, Utterance]
    synthesise: Synthesise

    def utterance(self, text: str, voice: str = "rms") -> Utterance:
        """The audio of a text in a voice."""
        recorded = self.recordings.get(normalise(text)) if voice == "rms" else None
        return recorded or self.synthesise(text)

    def script_utterances(self, script: Script) -> tuple[Utterance | None, ...]:
        """The audio of each step of a script; None for a silent step."""
        return tuple(self._step_utterance(step, script.voice) for step in script.steps)

    def echo_utterances(self, script: Script) -> tuple[Utterance, ...]:
        """The echo of each text that the agent says; empty without an echo.

        Raises:
            ScriptError: a text has no recording.
        """
        if script.echo is None:
            return ()
        codes = attenuation(script.echo.attenuation_db)
        return tuple(
            make_utterance(text, recording.mulaw.translate(codes), recording.words)
            for text in script.echo.texts
            for recording in [self._recording(text)]
        )

    def _recording(self, text: str) -> Utterance:
        recording = self.recordings.get(normalise(text))
        if recording is None:
            raise ScriptError(f"echo: texts: {text!r} has no recording in sandbox/caller/voice")
        return recording

    def _step_utterance(self, step: object, voice: str) -> Utterance | None:
        match step:
            case Say(text=text, language=language) if language.partition("-")[0] not in ("", "en"):
                return speak_in(language, text)
            case Say(text=text):
                return self.utterance(text, voice)
            case Play(text=text):
                return recorded_utterance(text, step.mulaw, step.word_ends_ms)
            case Noise(kind=NoiseKind.UH_HUH):
                return self.utterance("uh huh", "rms")
            case Noise(kind=kind, ms=ms):
                return noise(kind, ms)
            case _:
                return None


def load_bank(synthesise: Synthesise = _speak, folder: Path = _BANK) -> VoiceBank:
    """Load the manifest and all its recordings."""
    entries = json.loads((folder / "manifest.json").read_text())
    return VoiceBank({entry["text"]: _recording(entry, folder) for entry in entries}, synthesise)


@cache
def _bank() -> VoiceBank:
    return load_bank()


def recorded_speech(text: str) -> Speech | None:
    """The recording of a text, with its words as the text spells them; None without a recording."""
    recording = _bank().recordings.get(normalise(text))
    if recording is None:
        return None
    spelled = zip(text.split(), recording.words, strict=True)
    return Speech(recording.mulaw, tuple(Word(word, at.start_ms, at.end_ms) for word, at in spelled))


def _recording(entry: dict[str, object], folder: Path) -> Utterance:
    words = entry["words"]
    if not isinstance(words, list):
        raise TypeError(f"{folder}/manifest.json: words of {entry['text']!r} must be a list")
    return make_utterance(
        str(entry["text"]),
        (folder / str(entry["file"])).read_bytes(),
        tuple(Word(word["word"], float(word["start_ms"]), float(word["end_ms"])) for word in words),
    )
