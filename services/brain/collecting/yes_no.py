"""Answers that mean yes or no, as models pass on the caller's words. No I/O."""

from services.brain.backchannels import affirms
from services.brain.phrases.phrase_lists import phrases_for
from services.brain.phrases.words import words_of

_YES_WORDS = (
    "yes y yeah yep true correct sure ok okay 1 ja jawohl genau stimmt sí si claro oui sim certo haan हाँ हां"
    " जी sì tak evet да так ano kyllä はい 是 对 是的 네 예 نعم"
)
_NO_WORDS = (
    "no n nope false wrong 0 nein nee não nao non nahin nahi नहीं नही nie hayır нет ні nej nei"  # noqa: RUF001
    " tidak いいえ 不是 아니요 아니오 لا"
)
_COURTESY_WORDS = "thanks thank you sorry danke vielen dank gracias merci obrigado obrigada grazie"
_YES, _NO = frozenset(_YES_WORDS.split()), frozenset(_NO_WORDS.split())
_COURTESIES = frozenset(_COURTESY_WORDS.split())


def yes_no(text: str, language: str) -> str:
    """Return "yes" or "no", or an empty text if neither is certain: "yes and no", "maybe"."""
    word, words = text.casefold().strip(" .!,"), words_of(text)
    if word in _NO or (words and words[0] in _NO and _COURTESIES.issuperset(words[1:])):
        return "no"
    return "yes" if word in _YES or affirms(text, phrases_for(language)) else ""
