"""How complete the words of a turn are."""

import pytest

from parley.agent_config import SttConfig
from services.stt.completion.assessment import TurnCompletion, TurnWords
from services.stt.completion.rules import WordRules

HELP = "How can I help you today?"
CONFIG = SttConfig()
UNFINISHED = TurnCompletion(1200, incomplete=True, speculate_after_ms=600)
DICTATION = TurnCompletion(2500, incomplete=True, speculate_after_ms=2500)
PLAUSIBLE = TurnCompletion(1200, incomplete=True, speculate_after_ms=1200)
FINISHED = TurnCompletion()


def assess(text: str, agent_text: str = HELP, config: SttConfig = CONFIG) -> TurnCompletion:
    """How complete the words are."""
    return WordRules(config).assess(TurnWords(text, agent_text))


@pytest.mark.parametrize(
    ("text", "agent_text", "expected"),
    [
        ("", HELP, FINISHED),
        ("hello", HELP, FINISHED),
        ("I would like to", HELP, UNFINISHED),
        ("Um.", HELP, UNFINISHED),
        ("my number is", HELP, DICTATION),
        ("my number is five five", HELP, DICTATION),
        ("my number is five five five one two three four five six seven", HELP, FINISHED),
        ("it's 4111 1111 1111", HELP, DICTATION),
        ("0770 090 012", "What is your mobile number?", PLAUSIBLE),
        ("my order number is", HELP, DICTATION),
        ("it's for my", "What is your order number?", DICTATION),
        ("4 5 double", "What is your order number?", DICTATION),
        ("Smith", "Could you spell your name?", DICTATION),
        ("well I fell", "What happened?", TurnCompletion(600)),
        ("well I am not sure where I put the letter", "What is your order number?", TurnCompletion(600)),
        ("I don't have it", "What is your order number?", FINISHED),
        ("two thirty", "What time suits you?", FINISHED),
    ],
)
def test_words_and_question_decide_on_the_pause(text: str, agent_text: str, expected: TurnCompletion) -> None:
    """Unfinished phrases, dictations, complete numbers, refusals and open questions."""
    assert assess(text, agent_text) == expected


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        ("en", "What is your flight number?", "BA 417"),
        ("en", HELP, "I'm in room number three oh five"),
        ("en", "Which gate is it?", "B 12"),
        ("de", "Wie ist Ihre Zimmernummer?", "drei null fünf"),
        ("de", "Auf welchem Gleis?", "12"),
        ("es", "¿Cuál es su número de habitación?", "305"),
        ("fr", "Quel est le numéro de votre chambre ?", "305"),
        ("pt", "Qual é o número do voo?", "417"),
        ("hi", "आपका कमरा नंबर क्या है?", "305"),
    ],
)
def test_the_number_of_a_flight_or_a_room_is_short(language: str, question: str, answer: str) -> None:
    """It is waited for as long as an unfinished phrase, once it has a digit."""
    config = SttConfig(language=language)

    assert assess(answer, question, config) == PLAUSIBLE


def test_a_flight_without_its_number_is_incomplete() -> None:
    """The airline's letters come first."""
    assert assess("it's B A", "What is your flight number?") == DICTATION
    assert assess("my room number is") == DICTATION


def test_the_settings_of_the_agent_file_are_used() -> None:
    """A dictation gets no less patience than an unfinished phrase."""
    config = SttConfig(incomplete_turn_silence_ms=3000, turn_silence_ms=500)

    assert assess("I would like to", config=config) == TurnCompletion(3000, True, 500)
    assert assess("five five five", config=config) == TurnCompletion(3000, True, 3000)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de-CH", "ich möchte einen Termin mit"),
        ("fr-CA", "mon nom est"),
        ("pt-BR", "meu nome é"),
        ("pl", "dobry,"),
    ],
)
def test_unfinished_phrases_of_other_languages_are_recognised(language: str, text: str) -> None:
    """The language is set by the agent file; one without a vocabulary is judged by punctuation."""
    assert assess(text, "", SttConfig(language=language)).incomplete


def test_only_the_end_of_a_long_turn_is_judged() -> None:
    """The time that a judgement takes does not grow with the turn."""
    assert assess("I fell and hurt my knee. " * 2000 + "My number is") == DICTATION


@pytest.mark.parametrize("language", ["de", "multi"])
@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("Wie lautet Ihre Postleitzahl?", "80331 München.", FINISHED),
        ("Wie lautet Ihre Postleitzahl?", "Die ist acht null drei drei eins", FINISHED),
        ("Wie lautet Ihre Postleitzahl?", "Die ist acht null drei", DICTATION),
        ("Wie lautet Ihre Telefonnummer?", "plus vier neun", DICTATION),
        ("Wie lautet Ihre Telefonnummer?", "030 1234567", FINISHED),
        ("Wie ist Ihr Kennzeichen?", "M wie Martha, M mit Umlaut", DICTATION),
        ("Wie lautet Ihre E-Mail-Adresse?", "max Unterstrich m at web Punkt de", FINISHED),
    ],
)
def test_a_multilingual_agent_uses_the_formats_of_the_language_spoken(
    language: str, question: str, answer: str, expected: TurnCompletion
) -> None:
    """A complete number is not waited on because the agent has no language of its own."""
    assert assess(answer, question, SttConfig(language=language)) == expected


@pytest.mark.parametrize(
    ("language", "question", "answer", "expected"),
    [
        ("pt", "Qual é o seu CPF?", "123.456", DICTATION),
        ("en", "What's your phone number?", "415.555", DICTATION),
        ("es", "¿Me puede deletrear su apellido?", "ge, u, te, i con acento", DICTATION),
        ("pt", "Pode soletrar o seu nome?", "jota, o, esse, é com acento", DICTATION),
        ("fr", "Comment puis-je vous aider ?", "Le 3 mai à 14 h 30.", FINISHED),
        ("es", "¿En qué puedo ayudarle?", "Vivo en Madrid y Valencia.", FINISHED),
        ("en", "What is your email?", "I don't have one.", FINISHED),
        ("en", "What's your phone number?", "I'd rather not say.", FINISHED),
        ("hi", "आपका ईमेल क्या है?", "मेरे पास नहीं है।", FINISHED),
        ("pt", "Qual é o seu número?", "O mesmo de onde estou ligando.", FINISHED),
    ],
)
def test_a_number_in_parts_is_waited_for_and_a_sentence_is_not(
    language: str, question: str, answer: str, expected: TurnCompletion
) -> None:
    """Figures like amounts after a request, accents while spelling; times, places, refusals."""
    assert assess(answer, question, SttConfig(language=language)) == expected
