"""Deepgram's language tags. No I/O."""

_REGIONAL = frozenset(
    {
        "da-DK",
        "de-CH",
        "en-AU",
        "en-GB",
        "en-IN",
        "en-NZ",
        "en-US",
        "es-419",
        "fr-CA",
        "hi-Latn",
        "ko-KR",
        "nl-BE",
    }
    | {"pt-BR", "pt-PT", "sv-SE", "th-TH", "zh-CN", "zh-HK", "zh-Hans", "zh-Hant", "zh-TW"}
)
"""Tags with a region or script; Deepgram answers any other one with HTTP 400."""
_ALIASES = {"cmn": "zh", "fil": "tl", "nb": "no", "nn": "no", "yue": "zh-HK"}


def deepgram_language(tag: str) -> str:
    """Return the tag to request: the region's if Deepgram has one, otherwise the language's."""
    tag = tag.replace("_", "-")
    supported = {name.lower(): name for name in _REGIONAL}.get(tag.lower())
    if supported or "-" not in tag:
        return supported or _ALIASES.get(tag.lower(), tag)
    language = tag.partition("-")[0].lower()
    if language == "es" and tag.lower() != "es-es":
        return "es-419"
    return _ALIASES.get(language, language)
