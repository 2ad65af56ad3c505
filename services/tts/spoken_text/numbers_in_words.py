"""Writes all numbers of a text in words of its language. No I/O."""

import re

from services.tts.spoken_text.language import Language
from services.tts.spoken_text.mapped_text import MappedText
from services.tts.spoken_text.numbers.codes import speak_codes
from services.tts.spoken_text.numbers.counts import speak_counts, speak_number_words, speak_ranges
from services.tts.spoken_text.numbers.dates import speak_dates
from services.tts.spoken_text.numbers.dictated import speak_dictated
from services.tts.spoken_text.numbers.money import speak_money
from services.tts.spoken_text.numbers.multiples import speak_multiples
from services.tts.spoken_text.numbers.ordinals import speak_ordinals
from services.tts.spoken_text.numbers.phones import speak_phones
from services.tts.spoken_text.numbers.times import remove_hour_words, speak_marked_times, speak_times
from services.tts.spoken_text.numbers.units import speak_units
from services.tts.spoken_text.numerals import supports

_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
"""A digit of another script, such as Devanagari."""
_DIGIT = re.compile(r"[\d½⅓⅔¼¾⅛⅜⅝⅞⅕⅖⅗⅘]")


def speak_numbers(text: MappedText, language: Language) -> MappedText:
    """Replace numbers by words; what is ambiguous keeps its digits."""
    if not _DIGIT.search(text.text):
        return text
    text = text.sub(_OTHER_DIGIT, lambda m: str(int(m.group()))) if language.words.dot else text
    if not supports(language):
        return speak_dictated(text, language) if language.words.digits else text
    text = speak_marked_times(text, language)
    text = speak_phones(text, language)
    text = speak_dates(text, language)
    text = speak_number_words(text, language)
    text = speak_codes(text, language)
    text = speak_multiples(text, language)
    text = speak_ranges(text, language)
    text = speak_times(text, language)
    text = speak_money(text, language)
    text = speak_units(text, language)
    text = speak_ordinals(text, language)
    return remove_hour_words(speak_counts(text, language))
