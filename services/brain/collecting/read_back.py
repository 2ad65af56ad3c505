"""The words with which an agent reads a value back, fit for a voice. No I/O, no clock."""

from collections.abc import Mapping
from datetime import date

from babel.dates import format_date

from parley.agent_config import CollectedField
from parley.language_codes import common_code
from services.brain.collecting import phone_numbers
from services.brain.collecting.dates import locale_of
from services.brain.collecting.values import ValueContext

_SYMBOLS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "@": "at",
        ".": "dot",
        "-": "dash",
        "_": "underscore",
        "+": "plus",
        "/": "slash",
        "'": "apostrophe",
    },
    "de": {"@": "at", ".": "Punkt", "-": "Bindestrich", "_": "Unterstrich", "+": "plus", "/": "Schrägstrich"},
    "es": {"@": "arroba", ".": "punto", "-": "guion", "_": "guion bajo", "+": "más", "/": "barra"},
    "fr": {"@": "arobase", ".": "point", "-": "tiret", "_": "tiret bas", "+": "plus", "/": "barre oblique"},
    "pt": {"@": "arroba", ".": "ponto", "-": "hífen", "_": "sublinhado", "+": "mais", "/": "barra"},
    "it": {"@": "chiocciola", ".": "punto", "-": "trattino", "_": "trattino basso", "+": "più", "/": "barra"},
    "nl": {
        "@": "apenstaartje",
        ".": "punt",
        "-": "streepje",
        "_": "underscore",
        "+": "plus",
        "/": "schuine streep",
    },
    "hi": {"@": "ऐट", ".": "डॉट", "-": "डैश", "_": "अंडरस्कोर", "+": "प्लस", "/": "स्लैश"},
    "sv": dict(
        zip("@.-_+/", ("snabel-a", "punkt", "bindestreck", "understreck", "plus", "snedstreck"), strict=True)
    ),
    "da": dict(
        zip("@.-_+/", ("snabel-a", "punktum", "bindestreg", "bundstreg", "plus", "skråstreg"), strict=True)
    ),
    "no": dict(
        zip("@.-_+/", ("krøllalfa", "punktum", "bindestrek", "understrek", "pluss", "skråstrek"), strict=True)
    ),
    "fi": dict(zip("@.-_+/", ("ät", "piste", "viiva", "alaviiva", "plus", "kauttaviiva"), strict=True)),
    "pl": dict(zip("@.-_+/", ("małpa", "kropka", "myślnik", "podkreślnik", "plus", "ukośnik"), strict=True)),
    "cs": dict(zip("@.-_+/", ("zavináč", "tečka", "pomlčka", "podtržítko", "plus", "lomítko"), strict=True)),
    "ru": dict(
        zip("@.-_+/", ("собака", "точка", "дефис", "нижнее подчёркивание", "плюс", "слэш"), strict=True)
    ),
    "uk": dict(
        zip("@.-_+/", ("собака", "крапка", "дефіс", "нижнє підкреслення", "плюс", "слеш"), strict=True)
    ),
    "tr": dict(zip("@.-_+/", ("et", "nokta", "tire", "alt çizgi", "artı", "bölü"), strict=True)),  # noqa: RUF001 - Turkish
    "id": dict(zip("@.-_+/", ("at", "titik", "strip", "garis bawah", "plus", "garis miring"), strict=True)),
    "ja": dict(
        zip(
            "@.-_+/",
            ("アットマーク", "ドット", "ハイフン", "アンダーバー", "プラス", "スラッシュ"),
            strict=True,
        )
    ),
    "ko": dict(zip("@.-_+/", ("골뱅이", "점", "하이픈", "언더바", "플러스", "슬래시"), strict=True)),
    "zh": dict(zip("@.-_+/", ("艾特", "点", "横杠", "下划线", "加", "斜杠"), strict=True)),
    "ar": dict(zip("@.-_+/", ("آت", "نقطة", "شرطة", "شرطة سفلية", "زائد", "شرطة مائلة"), strict=True)),
}
"""The names of the symbols in an address or name."""
_MAX_SPELLED = 60
"""Longer values are not spelled: no caller listens to that."""


def read_back(field: CollectedField, value: str, context: ValueContext) -> str:
    """Return how to say a normalized value when the caller must agree to it."""
    if field.type == "phone":
        return _phone(value, context)
    if field.type == "email":
        return _email(value, context, spelled=field.confirm == "spell")
    if field.type == "date":
        return format_date(date.fromisoformat(value), "full", locale=locale_of(context.language))
    if field.confirm == "spell" and len(value) <= _MAX_SPELLED:
        return f"{value}: {spelled(value, context.language)}"
    return value


def spelled(text: str, language: str) -> str:
    """Return the letters of a text one by one; a space separates its words."""
    symbols = _symbols(language)
    words = (", ".join(symbols.get(c, c.upper()) for c in word) for word in text.split())
    return "; ".join(words)


def _phone(value: str, context: ValueContext) -> str:
    with_country, groups = phone_numbers.groups(value, context.region)
    digits = ", ".join(" ".join(group) for group in groups)
    return f"{_symbols(context.language)['+']} {digits}" if with_country else digits


def _email(value: str, context: ValueContext, *, spelled: bool) -> str:
    symbols = _symbols(context.language)
    local, _, domain = value.partition("@")
    spoken_domain = _in_words(domain, symbols)
    name = ", ".join(symbols.get(c, c.upper()) for c in local) if spelled else _in_words(local, symbols)
    return f"{name} {symbols['@']} {spoken_domain}"


def _in_words(text: str, symbols: Mapping[str, str]) -> str:
    return " ".join("".join(f" {symbols[c]} " if c in symbols else c for c in text).split())


def _symbols(language: str) -> Mapping[str, str]:
    return _SYMBOLS.get(common_code(language), _SYMBOLS["en"])
