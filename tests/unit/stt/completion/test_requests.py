"""Kinds of dictation that the agent requests or the caller announces."""

import pytest

from services.stt.completion.dictation import Dictated
from services.stt.completion.requests import Request, announced_kind, find_request
from services.stt.completion.vocabulary import load_vocabulary


@pytest.mark.parametrize(
    ("language", "agent_text", "kind"),
    [
        ("en", "Could you spell your last name?", "spelling"),
        ("en", "What is your e-mail address?", "email"),
        ("en", "Please read me your card number.", "card"),
        ("en", "May I have your order number?", "code"),
        ("en", "What's the best number to reach you on?", "phone"),
        ("en", "And your date of birth?", "birth_date"),
        ("en", "What is your postcode? Take your time.", "postcode"),
        ("en", "What time suits you?", "quantity"),
        ("en", "Your order number is 4471. Anything else?", ""),
        ("en", "I found your order number.", ""),
        ("en", "How can I help you?", ""),
        ("de", "Können Sie das bitte buchstabieren?", "spelling"),
        ("de", "Wie lautet Ihre Telefonnummer?", "phone"),
        ("de", "Wie ist Ihre Kundennummer?", "code"),
        ("de", "Wann sind Sie geboren?", "birth_date"),
        ("es", "¿Me da su número de teléfono?", "phone"),
        ("es", "¿Puede deletrear su apellido?", "spelling"),
        ("es", "¿Cuál es su número de pedido?", "code"),
        ("fr", "Pouvez-vous épeler votre nom ?", "spelling"),
        ("fr", "Quel est votre numéro de téléphone ?", "phone"),
        ("fr", "Quel est votre numéro de commande ?", "code"),
        ("pt", "Qual é o seu telefone?", "phone"),
        ("pt", "Pode soletrar o seu nome?", "spelling"),
        ("pt", "Qual é o seu CPF?", "code"),
        ("hi", "आपका फोन नंबर क्या है?", "phone"),
        ("hi", "Apna naam spell kijiye please", "spelling"),
        ("hi", "आपका ऑर्डर नंबर क्या है?", "code"),
    ],
)
def test_the_last_question_names_what_is_requested(language: str, agent_text: str, kind: str) -> None:
    """A statement requests nothing."""
    assert find_request(agent_text, [load_vocabulary(language)]).kind == kind


@pytest.mark.parametrize(
    ("language", "agent_text", "count"),
    [
        ("en", "What are the last four digits?", 4),
        ("en", "Please enter the 6-digit code.", 6),
        ("en", "What is your last name?", 0),
        ("de", "Wie lauten die letzten vier Ziffern?", 4),
        ("es", "¿Cuáles son los últimos cuatro dígitos?", 4),
        ("fr", "Quels sont les quatre derniers chiffres ?", 4),
        ("pt", "Quais são os últimos quatro dígitos?", 4),
        ("hi", "आखिरी चार अंक बताइए", 4),
    ],
)
def test_the_question_may_give_the_number_of_characters(language: str, agent_text: str, count: int) -> None:
    """As a word or as a figure."""
    assert find_request(agent_text, [load_vocabulary(language)]).count == count


def test_the_caller_may_name_the_kind() -> None:
    """The words before a dictation, or the end of an introduction."""
    english = [load_vocabulary("en")]
    number = Dictated(chars="41", numbers=("41",), before=("my", "card", "number", "is"))

    assert announced_kind(number, "", english) == "card"
    assert announced_kind(Dictated(), "My email address is", english) == "email"
    assert announced_kind(Dictated(), "I lost my card", english) == ""
    assert not Request("quantity").is_dictation
