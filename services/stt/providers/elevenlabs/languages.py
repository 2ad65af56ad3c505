"""Languages of Scribe, as ISO 639-1 or 639-3 codes. No I/O.

Source: https://elevenlabs.io/docs/overview/capabilities/speech-to-text, supported languages.
"""

_CODES = """
    af am ar as ast az be bg bn bs ca ceb cs cy da de el en es et fa ff fi fil fr ga gl gu ha he hi hr
    hu hy id ig is it ja jv ka kea kk km kn ko ku ky lb lg ln lo lt luo lv mi mk ml mn mr ms mt my ne nl
    no nso ny oc or pa pl ps pt ro ru sd sk sl sn so sr sv sw ta te tg th tr uk umb ur uz vi wo xh yue
    zh zu
"""
LANGUAGES = tuple(_CODES.split())
_ALIASES = {"cmn": "zh", "tl": "fil", "nb": "no", "nn": "no", "iw": "he", "in": "id"}


def scribe_language(tag: str) -> str | None:
    """Return the code to request for a language tag; None if Scribe does not transcribe it."""
    language = tag.replace("_", "-").partition("-")[0].lower()
    code = _ALIASES.get(language, language)
    return code if code in LANGUAGES else None
