"""Tests of recognition, with the output of a model that is not loaded."""

from types import SimpleNamespace
from typing import Any

import pytest

from parley.audio.g711 import make_silence
from parley.whisper import model
from parley.whisper.model import WhisperModel

pytest.importorskip("ctranslate2")

_LOOP = ["Ġpress", "Ġone", "Ġnow", "."] * 3
_SPECIAL = {"<|startoftranscript|>": 1, "<|transcribe|>": 2, "<|de|>": 3, "<|en|>": 4}


class _Whisper:
    """A model with planned outputs, which records its requests."""

    n_mels = 80

    def __init__(self, *outputs: list[str], multilingual: bool = False) -> None:
        self.is_multilingual = multilingual
        self.outputs = list(outputs)
        self.context_ms: list[int] = []
        self.prompts: list[list[str]] = []
        self.aligned: list[list[int]] = []

    def encode(self, features: Any) -> str:
        self.context_ms.append(features.shape[2] * 10)
        return "encoded"

    def detect_language(self, _encoded: str) -> list[list[tuple[str, float]]]:
        return [[("<|de|>", 0.9)]]

    def generate(self, _encoded: str, prompts: list[list[str]], **_limits: Any) -> list[Any]:
        self.prompts += prompts
        tokens = self.outputs.pop(0)
        return [
            SimpleNamespace(
                sequences=[tokens],
                sequences_ids=[list(range(len(tokens)))],
                scores=[-0.1],
                no_speech_prob=0.01,
            )
        ]

    def align(self, _encoded: str, start: list[int], tokens: list[list[int]], _frames: int) -> list[Any]:
        self.aligned.append(start)
        count = len(tokens[0])
        pairs = [(token, token * 10 + frame) for token in range(count + 1) for frame in range(10)]
        return [SimpleNamespace(alignments=pairs, text_token_probs=[0.5] * count)]


def _recognize(whisper: _Whisper, ms: int = 2000, language: str = "en", **how: bool) -> model.Recognition:
    return WhisperModel(whisper, _SPECIAL).recognize(make_silence(ms), language, **how)  # type: ignore[arg-type]


def test_words_have_times() -> None:
    """The times are those of the model's attention, and stay within the audio."""
    found = _recognize(_Whisper(["ĠHe", "llo", ",", "Ġyou", "."]), 900)
    assert found.text == "Hello, you."
    times = [(word.text, word.start_ms, word.end_ms) for word in found.words]
    assert times == [("Hello,", 0, 600), ("you.", 600, 900)]
    assert not _recognize(_Whisper(["Ġyes"]), word_times=False).words


def test_the_context_grows_with_the_audio() -> None:
    """Short audio takes less work than Whisper's 30 s."""
    whisper = _Whisper(*[["Ġyes"]] * 4)
    for ms, thorough in ((1000, True), (1000, False), (12_000, True), (40_000, True)):
        _recognize(whisper, ms, thorough=thorough)
    assert whisper.context_ms == [10_000, 6000, 16_000, 30_000]


def test_a_loop_is_repeated_with_the_whole_context() -> None:
    """A quick result is cut where it repeats itself instead, and so is one faster than any speech."""
    whisper = _Whisper(_LOOP, ["Ġpress", "Ġone", "Ġnow", "."])
    assert _recognize(whisper, 4000).text == "press one now."
    assert whisper.context_ms == [10_000, 30_000]
    assert _recognize(_Whisper(_LOOP, _LOOP), 4000).text == "press one now. press one now. press one now."
    assert _recognize(_Whisper(_LOOP * 3, _LOOP * 3), 9000).text == "press one now."
    short = _Whisper(_LOOP)
    assert _recognize(short, 1500).text == "press one now."
    assert short.context_ms == [10_000]
    quick = _Whisper(_LOOP)
    assert _recognize(quick, thorough=False).text == "press one now."
    assert quick.context_ms == [6000]


def test_the_language_is_part_of_the_prompt() -> None:
    """A multilingual model gets it; `multi` has it detected."""
    whisper = _Whisper(["Ġja"], ["Ġja"], multilingual=True)
    _recognize(whisper, language="de-CH")
    _recognize(whisper, language="multi")
    prompt = ["<|startoftranscript|>", "<|de|>", "<|transcribe|>", "<|notimestamps|>"]
    assert whisper.prompts == [prompt, prompt]
    assert whisper.aligned == [[1, 3, 2]] * 2


def test_audio_without_words_has_none() -> None:
    """The model writes nothing but its own tokens."""
    found = _recognize(_Whisper(["<|endoftext|>"]))
    assert (found.text, found.words) == ("", ())
