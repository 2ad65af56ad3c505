"""Detects a document's language, and names the text search configuration of Postgres for it. No I/O."""

import re
from collections import Counter

CONFIGURATIONS = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hi": "hindi",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""Configurations that Postgres 14 and later have. Other languages are searched by whole words (`simple`)."""

_COMMON_WORDS = {
    "en": "the of and to is in that it for you with are on your we be this have from or not can will what",
    "de": "der die das und ist in den von zu mit sich des auf für im dem nicht ein eine sie wir auch es",
    "es": "de la que el en y los se del las un por con una su para es al lo como más pero sus está puede",
    "fr": "de la le et les des en un une du est que dans pour qui sur au par pas ne vous nous avec votre ou",
    "pt": "de que o a e do da em um para com não uma os no se na por mais as dos como mas você seu é ou ao",
    "it": "di e il la che in un per è del una non si da sono con le dei alla gli della nel al anche più",
    "nl": "de het een en van in is dat op te zijn met voor niet aan er om ook als bij of u wij naar deze",
}
_DEVANAGARI = re.compile("[\u0900-\u097f]")
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE_CHARS = 20_000
_MIN_COMMON_WORDS = 2
_MIN_SHARE = 0.06
"""Common words are a quarter to a half of running text in each of these languages, less in lists."""


def language_code(language: str) -> str:
    """Return the code without a region: `pt` for `pt-BR`."""
    return language.strip().replace("_", "-").split("-")[0].lower()


def configuration(language: str) -> str:
    """Return the text search configuration for a language."""
    return CONFIGURATIONS.get(language_code(language), "simple")


def detect(text: str) -> str:
    """Return the code of the language that a text is written in; empty if that is not clear."""
    sample = text[:_SAMPLE_CHARS]
    letters = sum(char.isalpha() for char in sample)
    if letters and len(_DEVANAGARI.findall(sample)) > letters / 3:
        return "hi"
    words = [word.lower() for word in _WORD.findall(sample)]
    counts = Counter(words)
    scores = {
        code: sum(counts[word] for word in set(common.split())) for code, common in _COMMON_WORDS.items()
    }
    (first, best), (_, second) = Counter(scores).most_common(2)
    if best < max(_MIN_COMMON_WORDS, _MIN_SHARE * len(words)) or best < 1.2 * second:
        return ""
    return first
