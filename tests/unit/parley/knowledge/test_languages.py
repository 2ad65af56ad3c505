"""The detection of languages."""

import pytest

from parley.knowledge.languages import configuration, detect, language_code

_TEXTS = {
    "en": "You can return an item within thirty days if it is not used. We will refund it to your card.",
    "de": "Sie können die Ware in dreißig Tagen zurückgeben, und wir erstatten den Preis auf das Konto.",
    "es": "Puede devolver el producto en los treinta días, y le devolvemos el dinero con la misma tarjeta.",
    "fr": "Vous pouvez retourner les articles dans un délai de trente jours et nous remboursons le prix.",
    "pt": "Você pode devolver o produto em até trinta dias, e nós devolvemos o valor para o seu cartão.",
    "it": "Il prodotto si può restituire entro trenta giorni e il prezzo è rimborsato con la carta.",
    "nl": "U kunt het artikel binnen dertig dagen terugsturen en wij betalen het bedrag terug.",
    "hi": "आप तीस दिनों के भीतर सामान वापस कर सकते हैं और हम पैसे वापस कर देंगे।",
}


@pytest.mark.parametrize("language", _TEXTS)
def test_languages_are_detected(language: str) -> None:
    assert detect(_TEXTS[language]) == language


@pytest.mark.parametrize(
    "text", ["", "12:30 555-1234", "Widget 3000 XL", "営業時間は九時から五時までです", "Привет мир"]
)
def test_an_unclear_language_is_not_guessed(text: str) -> None:
    assert not detect(text)


def test_configurations() -> None:
    assert configuration("de-AT") == "german"
    assert configuration("pt_BR") == "portuguese"
    assert configuration("ja") == "simple"
    assert configuration("") == "simple"
    assert language_code(" EN-us ") == "en"
