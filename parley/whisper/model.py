"""Recognizes the words of a piece of telephone audio with Whisper. No clock."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from parley.audio.g711 import bytes_to_ms
from parley.errors import ConfigError
from parley.whisper.mel import FRAME_MS, log_mel
from parley.whisper.tokens import is_text, loop_start, to_text, word_spans
from parley.whisper.weights import INSTALL, Weights

if TYPE_CHECKING:
    from ctranslate2.models import Whisper

MAX_AUDIO_MS = 30_000
"""Whisper was trained on 30 s at a time."""
_MIN_CONTEXT_MS, _PAD_MS = 10_000, 4000
"""The encoder's work grows with its input, which is therefore not always 30 s. With less silence after the
speech, the model does not notice its end and repeats itself."""
_QUICK_CONTEXT_MS, _QUICK_PAD_MS = 6000, 3000
"""The same for a result that another one soon replaces."""
_MAX_TOKENS_PER_S, _MIN_TOKENS = 8, 8
"""A bound on the work for audio in which the model finds words without end; speech has up to six a second."""
_MIN_MS_PER_LETTER = 55
"""People speak more slowly, pauses around the speech included: faster repetitions are the model's."""
_ENCODER_FRAME_MS = 20
_NO_TIMESTAMPS = "<|notimestamps|>"


@dataclass(frozen=True, slots=True)
class RecognizedWord:
    """A word and when it was spoken, from the start of the audio."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Recognition:
    """The words that the model found in a piece of audio."""

    text: str
    words: tuple[RecognizedWord, ...]
    log_probability: float
    """Mean over the tokens; below -1, the text is mostly guessed."""
    no_speech: float
    """The model's probability that the audio contains no speech."""


class RecognitionAbandoned(Exception):
    """The result of a recognition is no longer needed."""


class WhisperModel:
    """The model of a process; it serves the number of threads that `load_model` was given."""

    def __init__(self, model: "Whisper", special_tokens: Mapping[str, int]) -> None:
        """Use a loaded model; `load_model` makes one."""
        self._model = model
        self._special_tokens = special_tokens
        self._bands = model.n_mels

    @property
    def multilingual(self) -> bool:
        """Whether it understands other languages than English."""
        return bool(self._model.is_multilingual)

    def recognize(
        self,
        mulaw: bytes,
        language: str = "en",
        *,
        word_times: bool = True,
        thorough: bool = True,
        is_abandoned: Callable[[], bool] = lambda: False,
    ) -> Recognition:
        """Return the words of mu-law audio (8 kHz, 30 s at most). Blocks, mostly outside Python's lock.

        `thorough` takes more context, and all of it where the speaker may have repeated the words.

        Raises:
            RecognitionAbandoned: `is_abandoned` was true between two steps.
        """
        audio_ms = min(int(bytes_to_ms(len(mulaw))), MAX_AUDIO_MS)
        context_ms = _context_ms(audio_ms, thorough=thorough)
        found = self._generate(mulaw, audio_ms, context_ms, language, is_abandoned)
        repeated_from = loop_start(found.word_texts)
        may_be_spoken = sum(map(len, found.word_texts)) * _MIN_MS_PER_LETTER <= audio_ms
        if repeated_from is not None and may_be_spoken and thorough and context_ms < MAX_AUDIO_MS:
            found = self._generate(mulaw, audio_ms, MAX_AUDIO_MS, language, is_abandoned)
            repeated_from = loop_start(found.word_texts, sure=True)
        if repeated_from is not None:
            found = found.first_words(repeated_from)
        _check(is_abandoned)
        times = self._times(found, audio_ms) if word_times and found.tokens else ()
        return Recognition(
            to_text(found.tokens).strip(),
            times,
            found.log_probability,
            found.no_speech,
        )

    def _generate(
        self,
        mulaw: bytes,
        audio_ms: int,
        context_ms: int,
        language: str,
        is_abandoned: Callable[[], bool],
    ) -> "_Found":
        from ctranslate2 import StorageView  # noqa: PLC0415 - an optional dependency

        _check(is_abandoned)
        features = log_mel(mulaw, context_ms, self._bands)[None]
        encoded = self._model.encode(StorageView.from_array(features))
        _check(is_abandoned)
        prompt = self._prompt(encoded, language)
        result = self._model.generate(
            encoded,
            [prompt],
            beam_size=1,
            max_length=len(prompt) + _MIN_TOKENS + audio_ms * _MAX_TOKENS_PER_S // 1000,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        pairs = [
            (token, number)
            for token, number in zip(result.sequences[0], result.sequences_ids[0], strict=True)
            if is_text(token)
        ]
        return _Found(
            encoded,
            tuple(prompt),
            tuple(token for token, _ in pairs),
            tuple(number for _, number in pairs),
            float(result.scores[0]),
            float(result.no_speech_prob),
        )

    def _prompt(self, encoded: Any, language: str) -> list[str]:
        start = "<|startoftranscript|>"
        if not self.multilingual:
            return [start, _NO_TIMESTAMPS]
        if language == "multi":
            spoken, _ = self._model.detect_language(encoded)[0][0]
        else:
            spoken = f"<|{language.partition('-')[0].lower()}|>"
        return [start, spoken, "<|transcribe|>", _NO_TIMESTAMPS]

    def _times(self, found: "_Found", audio_ms: int) -> tuple[RecognizedWord, ...]:
        """The words with their times, from the model's attention to the audio."""
        aligned = self._model.align(
            found.encoded,
            [self._special_tokens[token] for token in found.prompt if token != _NO_TIMESTAMPS],
            [list(found.token_ids)],
            max(1, audio_ms // FRAME_MS),
        )[0]
        # Each token's first frame; after the last one follows the end of the text.
        starts: dict[int, int] = {}
        for token, frame in aligned.alignments:
            starts.setdefault(token, frame * _ENCODER_FRAME_MS)
        words: list[RecognizedWord] = []
        until_ms = 0
        for begin, end in word_spans(found.tokens):
            start_ms = min(audio_ms, max(until_ms, starts.get(begin, until_ms)))
            until_ms = max(start_ms, min(audio_ms, starts.get(end, audio_ms)))
            confidence = float(np.mean(aligned.text_token_probs[begin:end] or [0.0]))
            text = to_text(found.tokens[begin:end]).strip()
            words.append(RecognizedWord(text, start_ms, until_ms, confidence))
        return tuple(words)


def _check(is_abandoned: Callable[[], bool]) -> None:
    if is_abandoned():
        raise RecognitionAbandoned


def _context_ms(audio_ms: int, *, thorough: bool) -> int:
    min_ms, pad_ms = (_MIN_CONTEXT_MS, _PAD_MS) if thorough else (_QUICK_CONTEXT_MS, _QUICK_PAD_MS)
    context_ms = min(max(min_ms, audio_ms + pad_ms), MAX_AUDIO_MS)
    return context_ms - context_ms % _ENCODER_FRAME_MS


@dataclass(frozen=True, slots=True)
class _Found:
    """The model's output for one piece of audio."""

    encoded: Any
    prompt: tuple[str, ...]
    tokens: tuple[str, ...]
    token_ids: tuple[int, ...]
    log_probability: float
    no_speech: float

    @property
    def word_texts(self) -> list[str]:
        return [to_text(self.tokens[begin:end]) for begin, end in word_spans(self.tokens)]

    def first_words(self, count: int) -> "_Found":
        """The same with its first words only."""
        ends = [end for _, end in word_spans(self.tokens)][:count]
        end = ends[-1] if ends else 0
        return replace(self, tokens=self.tokens[:end], token_ids=self.token_ids[:end])


def load_model(weights: Weights, threads: int) -> WhisperModel:
    """Load a model for so many recognitions at a time, each on one core; blocks for 0.5 s.

    Raises:
        ConfigError: ctranslate2 is not installed, or the folder does not contain the expected model.
    """
    try:
        from ctranslate2.models import Whisper  # noqa: PLC0415 - an optional dependency of 150 MB
    except ImportError:
        raise ConfigError(f"whisper: the package ctranslate2 is not installed: {INSTALL}") from None
    weights.verify()
    try:
        model = Whisper(
            str(weights.folder), device="cpu", compute_type="int8", inter_threads=threads, intra_threads=1
        )
    except (RuntimeError, ValueError) as error:
        raise ConfigError(
            f"whisper: {weights.folder} is no Whisper model for CTranslate2: {type(error).__name__}"
        ) from None
    return WhisperModel(model, _special_tokens(weights.folder))


def _special_tokens(folder: Path) -> dict[str, int]:
    """The numbers of Whisper's own tokens.

    Raises:
        ConfigError: the folder has no vocabulary.
    """
    try:
        if (path := folder / "vocabulary.json").is_file():
            tokens = json.loads(path.read_text("utf-8"))
        else:
            path = folder / "vocabulary.txt"
            tokens = path.read_text("utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise ConfigError(f"whisper: {path} cannot be read: {type(error).__name__}") from None
    return {token: number for number, token in enumerate(tokens) if not is_text(token)}
