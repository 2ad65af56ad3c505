"""Dictated letters, digits and addresses, with pauses; and full stops where the caller only paused."""

from itertools import pairwise

import pytest

from tests.field.caller_turns import CallerTurns
from tests.field.rows import Seen, row

SPELL = {
    "en": "Could you spell your last name?",
    "de": "Können Sie Ihren Nachnamen buchstabieren?",
    "es": "¿Puede deletrear su apellido?",
    "fr": "Pouvez-vous épeler votre nom ?",
    "pt": "Pode soletrar o seu sobrenome?",
    "hi": "क्या आप अपना नाम स्पेल कर सकते हैं?",
}
PHONE = {
    "en": "What's the best number to reach you on?",
    "de": "Wie lautet Ihre Telefonnummer?",
    "es": "¿Cuál es su número de teléfono?",
    "fr": "Quel est votre numéro de téléphone ?",
    "pt": "Qual é o seu número de telefone?",
    "hi": "आपका फोन नंबर क्या है?",
}
EMAIL = {
    "en": "What is your email address?",
    "de": "Wie ist Ihre E-Mail-Adresse?",
    "es": "¿Cuál es su correo electrónico?",
    "fr": "Quel est votre e-mail ?",
    "pt": "Qual é o seu e-mail?",
    "hi": "आपका ईमेल क्या है?",
}
HELP = "How can I help you today?"
CARD = "Please read me your card number."
DICTATIONS = [
    ("en", CARD, "four one one one | one one one one | one one one one | one one one one"),
    ("en", CARD, "4111 | 1111 | 1111 | 1111"),
    ("en", HELP, "my card number is 4111 | 1111 | 1111 | 1111"),
    ("en", "What is your IBAN?", "G B 2 9 | N W B K | 6 0 1 6 1 3 | 3 1 9 2 | 6 8 1 9"),
    ("de", "Wie ist Ihre IBAN?", "DE89 | 3704 0044 | 0532 | 0130 00"),
    ("en-GB", PHONE["en"], "oh seven seven double oh | nine double oh | one two three"),
    ("en-US", PHONE["en"], "It's (555) | 123 | 4567"),
    ("en-US", HELP, "five five five | one two three | four five six seven"),
    ("de", PHONE["de"], "null eins sieben eins | fünf fünf fünf | null eins | null null"),
    ("de", PHONE["de"], "0171 | zwölf vierunddreißig | sechsundfünfzig acht"),
    ("es-ES", PHONE["es"], "seis uno dos | treinta y cuatro cincuenta y seis | setenta y ocho"),
    ("fr", PHONE["fr"], "zéro six | douze | trente-quatre | cinquante-six | soixante-dix-huit"),
    ("pt-BR", PHONE["pt"], "onze nove | oito sete meia cinco | quatro três dois um"),
    ("hi", PHONE["hi"], "नौ आठ सात | छह पांच चार | तीन दो एक शून्य"),
    ("hi", PHONE["hi"], "nau aath | double saat | paanch chaar | teen do ek zero"),
    ("multi", PHONE["es"], "seis uno dos | tres cuatro cinco | seis siete ocho nueve"),
    ("en", SPELL["en"], "S M | I | T H"),
    ("en", SPELL["en"], "S as in Sierra | M as in | Mike I | T H"),
    ("en", HELP, "my name is Smith S M | I T | H"),
    ("de", SPELL["de"], "M wie Martha | E wie | Emil I E R"),
    ("es", SPELL["es"], "ge a | erre ce | i a"),
    ("fr", SPELL["fr"], "D U | P O | N T"),
    ("pt", SPELL["pt"], "S de Sapo | I L | V A"),
    ("hi", SPELL["hi"], "एस एच | ए आर | एम ए"),
    ("en", EMAIL["en"], "john dot | smith at | gmail | dot com"),
    ("en", EMAIL["en"], "It's john.smith@ | gmail.com"),
    ("de", EMAIL["de"], "max punkt | mustermann ät | gmx punkt | de"),
    ("es", EMAIL["es"], "ana guion bajo | lopez arroba | gmail | punto com"),
    ("fr", EMAIL["fr"], "jean point | dupont arobase | orange | point fr"),
    ("pt-BR", EMAIL["pt"], "joao ponto | silva arroba | uol ponto com | ponto br"),
    ("hi", EMAIL["hi"], "rahul dot | sharma at the rate | gmail | dot com"),
    ("en-GB", "What is your postcode?", "S W | 1 A | 1 A A"),
    ("en", "What is your order number?", "AB12 | 34 | C"),
    ("en", "What is your date of birth?", "the twelfth | of March | nineteen | eighty five"),
]


@row("T1", "a dictation with pauses of 900 to 2,000 ms", "one turn, and no answer prepared within it")
@pytest.mark.parametrize(("language", "agent_text", "groups"), DICTATIONS)
async def test_a_dictation_is_one_turn(language: str, agent_text: str, groups: str, seen: Seen) -> None:
    """The end of each group has a final transcript with speech_final, later UtteranceEnd."""
    parts = groups.split(" | ")
    for pause_ms in (900, 1200, 1500, 2000):
        caller = CallerTurns(language, agent_text)
        await caller.speak(parts[0])
        for before, part in pairwise(parts):
            await caller.pause(before, pause_ms)
            assert (caller.ended, caller.eager) == ([], 0), f"cut after {before!r}"
            await caller.speak(part)
        await caller.pause(parts[-1], 3000)

        assert [turn.text for turn in caller.ended] == [" ".join(parts)]
    seen(f"one turn, ended {caller.ended[0].silence_ms} ms after the last word")


COMPLETE = [
    ("en-US", PHONE["en"], "five five five one two three four five six seven"),
    ("en-GB", PHONE["en"], "07700 900123"),
    ("de", PHONE["de"], "0171 5550100"),
    ("fr", PHONE["fr"], "06 12 34 56 78"),
    ("es-ES", PHONE["es"], "612 345 678"),
    ("pt-BR", PHONE["pt"], "11 98765 4321"),
    ("hi", PHONE["hi"], "98765 43210"),
    ("en", CARD, "4111 1111 1111 1111"),
    ("de", "Wie ist Ihre IBAN?", "DE89 3704 0044 0532 0130 00"),
    ("en", EMAIL["en"], "john dot smith at gmail dot com"),
    ("de", EMAIL["de"], "max.mustermann@gmx.de"),
    ("en-GB", "What is your postcode?", "SW1A 1AA"),
    ("en", "And the last four digits?", "one two three four"),
    ("en", SPELL["en"], "Smith S M I T H"),
    ("en", "What is your date of birth?", "March 12, 1985"),
    ("en", CARD, "I don't have it"),
    ("en", PHONE["en"], "yes"),
    ("en", EMAIL["en"], "one moment"),
    ("en", SPELL["en"], "that's all"),
    ("en", PHONE["en"], "the one I'm calling from"),
    ("de", PHONE["de"], "Das weiß ich nicht"),
    ("es", PHONE["es"], "un momento por favor"),
    ("fr", EMAIL["fr"], "je n'en ai pas"),
    ("pt", PHONE["pt"], "não tenho"),
    ("hi", PHONE["hi"], "एक मिनट"),
]


@row("T1", "a complete number or address, or an answer that is none", "ends with the provider's signal")
@pytest.mark.parametrize(("language", "agent_text", "text"), COMPLETE)
async def test_a_complete_answer_ends_at_once(language: str, agent_text: str, text: str, seen: Seen) -> None:
    """The provider's signal comes 300 ms after the last word."""
    ended = await CallerTurns(language, agent_text).play([text], 0)
    seen(f"{ended[0].silence_ms} ms")

    assert [turn.silence_ms <= 300 for turn in ended] == [True]


@row("T1", "a dictation that is never completed", "ends after dictation_silence_ms")
@pytest.mark.parametrize("language", sorted(PHONE))
async def test_patience_is_bounded(language: str, seen: Seen) -> None:
    """Otherwise the caller would wait for an answer that never comes."""
    ended = await CallerTurns(language, PHONE[language]).play(["5 5 5"], 0)
    seen(f"{ended[0].silence_ms} ms")

    assert 2480 <= ended[0].silence_ms <= 2600


PAUSES = [
    ("en", "My number is.", "not known"),
    ("en", "I'd like to, um.", "cancel"),
    ("en", "It's for my.", "daughter"),
    ("en", "I have a question. And then.", "another one"),
    ("de", "Meine Frage ist.", "einfach"),
    ("de", "Es geht um meine.", "Rechnung"),
    ("de", "Und dann.", "noch etwas"),
    ("es", "Quisiera una cita para.", "mañana"),
    ("es", "Es para mi.", "hija"),
    ("fr", "Je voudrais.", "un rendez-vous"),
    ("fr", "C'est pour mon.", "fils"),
    ("pt", "Eu queria.", "marcar uma consulta"),
    ("pt", "É para a minha.", "filha"),
    ("hi", "मेरा नाम है।", "राहुल शर्मा"),
    ("hi", "और फिर।", "कल"),
    ("multi", "Es geht um meine.", "Rechnung"),
    ("multi", "It's for my.", "daughter"),
]


@row("T2", "a full stop of smart formatting within a sentence, and a pause of 900 ms", "one turn")
@pytest.mark.parametrize(("language", "before", "after"), PAUSES)
async def test_the_words_decide_not_the_full_stop(language: str, before: str, after: str, seen: Seen) -> None:
    """The provider reports speech_final after each part."""
    ended = await CallerTurns(language).play([before, after], 900)
    seen([turn.text for turn in ended])

    assert [turn.text for turn in ended] == [f"{before} {after}"]
