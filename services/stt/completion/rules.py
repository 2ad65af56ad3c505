"""Judges from words alone whether the caller has finished: phrases, letters, digits and addresses."""

from collections.abc import Iterable, Sequence

from parley.agent_config import SttConfig
from services.stt.completion.assessment import TurnCompletion, TurnWords
from services.stt.completion.dictation import Dictated, find_dictated
from services.stt.completion.email_address import email_progress
from services.stt.completion.formats import Progress, load_formats
from services.stt.completion.language import TextLanguages
from services.stt.completion.numbers_in_speech import is_birth_date_complete, is_dictated_number, is_pronoun
from services.stt.completion.phrases import is_non_answer, is_unfinished
from services.stt.completion.requests import Request, announced_kind, find_request
from services.stt.completion.vocabulary import Vocabulary
from services.stt.completion.words import split_words

_MAX_CHARS = 800
"""Only the end of a long turn is judged, so that the time it takes does not grow."""
_MAX_WORDS_BEFORE_SPELLING = 4
"""A caller who was requested to spell a name may begin with it."""


class WordRules:
    """Judges the words of one call's turns by the vocabularies of its language."""

    def __init__(self, config: SttConfig) -> None:
        self._config = config
        self._languages = TextLanguages(config.language)
        self._formats = load_formats()
        self._request = Request()
        self._request_text = ""

    def assess(self, words: TurnWords) -> TurnCompletion:
        """Return how complete the words are."""
        text = words.text.strip()[-_MAX_CHARS:]
        if not split_words(text):
            return TurnCompletion()
        vocabularies = self._languages.of(text, words.agent_text)
        request = self._request_of(words.agent_text)
        dictated = find_dictated(text, vocabularies, amounts_are_numbers=request.is_dictation)
        kind = announced_kind(dictated, text, vocabularies) or request.kind
        progress = self._email_progress(text, kind, request, vocabularies)
        if progress is None:
            progress = self._dictation_progress(dictated, kind, request, vocabularies, text)
        if progress is not None:
            return self._after_dictation(progress)
        return self._after_phrase(text, kind, request, vocabularies)

    def _request_of(self, agent_text: str) -> Request:
        if agent_text != self._request_text:
            self._request_text = agent_text
            self._request = find_request(agent_text, self._languages.all)
        return self._request

    def _email_progress(
        self, text: str, kind: str, request: Request, vocabularies: Sequence[Vocabulary]
    ) -> Progress | None:
        """Judge an e-mail address; None if the text neither has one nor answers a request for one."""
        wanted = "email" in (kind, request.kind)
        progress = email_progress(
            text, vocabularies, self._formats, language=self._config.language, requested=wanted
        )
        if progress is None and request.kind == "email" and not is_non_answer(text, vocabularies):
            return Progress.INCOMPLETE
        return progress

    def _dictation_progress(
        self,
        dictated: Dictated,
        kind: str,
        request: Request,
        vocabularies: Sequence[Vocabulary],
        text: str,
    ) -> Progress | None:
        """Judge dictated letters and digits; None if the text does not end with any."""
        if kind == "birth_date":
            return self._birth_date_progress(dictated, request, vocabularies, text)
        if not dictated.items or not is_dictated_number(dictated, kind, vocabularies):
            return None
        if is_pronoun(dictated, vocabularies) and is_non_answer(text, vocabularies):
            return None
        if dictated.open:
            return Progress.INCOMPLETE
        return self._progress_of(dictated, kind, request, self._languages.tags(vocabularies))

    @staticmethod
    def _birth_date_progress(
        dictated: Dictated, request: Request, vocabularies: Sequence[Vocabulary], text: str
    ) -> Progress | None:
        complete = is_birth_date_complete(text, dictated, vocabularies)
        if complete:
            return Progress.COMPLETE
        is_answer = request.kind == "birth_date" and not is_non_answer(text, vocabularies)
        return Progress.INCOMPLETE if is_answer or complete is False else None

    def _progress_of(self, dictated: Dictated, kind: str, request: Request, tags: Sequence[str]) -> Progress:
        formats, chars = self._formats, dictated.chars
        if request.count and kind == request.kind:
            return Progress.COMPLETE if len(chars) >= request.count else Progress.INCOMPLETE
        if kind == "iban" or (kind in ("", "code") and formats.is_iban(chars)):
            return formats.iban_progress(chars)
        if kind == "card":
            return formats.card_progress(dictated.digits)
        if kind == "postcode":
            return _common_progress(formats.postcode_progress(chars, tag) for tag in tags)
        if kind == "designation":
            # Flights, rooms and seats have a few digits, of a number that nothing shows.
            return Progress.PLAUSIBLE if dictated.digits else Progress.INCOMPLETE
        if dictated.letters or dictated.codes:
            return self._spelling_progress(dictated, kind)
        if kind in ("", "phone", "quantity"):
            if kind != "phone" and any(formats.may_be_card(dictated.numbers, tag) for tag in tags):
                return formats.card_progress(dictated.digits)
            return _common_progress(formats.phone_progress(chars, dictated.digits, tag) for tag in tags)
        return Progress.INCOMPLETE

    def _spelling_progress(self, dictated: Dictated, kind: str) -> Progress:
        is_repeated = len(dictated.chars) > 1 and dictated.chars in {
            *dictated.before,
            *split_words(self._request_text),
        }
        is_postcode = not kind and self._formats.is_mixed_postcode(dictated.chars)
        return Progress.COMPLETE if is_repeated or is_postcode else Progress.INCOMPLETE

    def _after_dictation(self, progress: Progress) -> TurnCompletion:
        match progress:
            case Progress.COMPLETE:
                return TurnCompletion()
            case Progress.PLAUSIBLE:
                silence_ms = self._config.incomplete_turn_silence_ms
            case Progress.INCOMPLETE:
                silence_ms = self._dictation_silence_ms
        # No answer is prepared meanwhile: each further group of digits would discard it.
        return TurnCompletion(silence_ms, incomplete=True, speculate_after_ms=silence_ms)

    @property
    def _dictation_silence_ms(self) -> int:
        return max(self._config.dictation_silence_ms, self._config.incomplete_turn_silence_ms)

    def _after_phrase(
        self, text: str, kind: str, request: Request, vocabularies: Sequence[Vocabulary]
    ) -> TurnCompletion:
        config = self._config
        if is_unfinished(text, vocabularies):
            if request.is_dictation or kind not in ("", "quantity"):
                return self._after_dictation(Progress.INCOMPLETE)
            return TurnCompletion(
                config.incomplete_turn_silence_ms, incomplete=True, speculate_after_ms=config.turn_silence_ms
            )
        if request.is_dictation and is_non_answer(text, vocabularies):
            return TurnCompletion()
        if request.kind == "spelling" and len(split_words(text)) <= _MAX_WORDS_BEFORE_SPELLING:
            return self._after_dictation(Progress.INCOMPLETE)
        return TurnCompletion(config.turn_silence_ms if request.open_question else 0)


def _common_progress(found: Iterable[Progress]) -> Progress:
    """The progress in all languages that a number may belong to; plausible if they differ."""
    results = set(found)
    if len(results) == 1:
        return results.pop()
    return Progress.PLAUSIBLE
