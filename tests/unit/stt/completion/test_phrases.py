"""Texts that end within a sentence, and short answers."""

import pytest

from services.stt.completion.phrases import is_non_answer, is_short_answer, is_unfinished
from services.stt.completion.vocabulary import load_vocabulary
from services.stt.completion.words import split_words


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "My number is."),
        ("en", "I'd like to, um."),
        ("en", "It's for my."),
        ("en", "And then."),
        ("en", "Yes, I'd like to."),
        ("en", "I'm calling about."),
        ("en", "on Monday,"),
        ("en", "I live in."),
        ("en", "But I."),
        ("de", "Meine Nummer ist."),
        ("de", "Und dann."),
        ("de", "Ich hätte gern."),
        ("de", "Es ist für meine."),
        ("de", "Weil ich."),
        ("es", "Mi número es."),
        ("es", "Es para mi."),
        ("es", "Y luego."),
        ("es", "Quisiera."),
        ("fr", "Mon numéro est."),
        ("fr", "C'est pour mon."),
        ("fr", "Et puis."),
        ("fr", "Je voudrais."),
        ("pt", "Meu número é."),
        ("pt", "É para o meu."),
        ("pt", "E aí."),
        ("pt", "Eu queria."),
        ("hi", "मेरा नंबर है।"),
        ("hi", "और फिर।"),
        ("hi", "mera number."),
        ("hi", "lekin."),
    ],
)
def test_the_words_decide_not_the_full_stop(language: str, text: str) -> None:
    """Smart formatting writes a full stop wherever the caller pauses."""
    assert is_unfinished(text, [load_vocabulary(language)])
    assert is_unfinished(text.rstrip(".।"), [load_vocabulary(language)])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Yes, it is."),
        ("en", "What is it for?"),
        ("en", "that's what I'm looking for"),
        ("en", "I think so."),
        ("en", "Okay then."),
        ("en", "yes I could"),
        ("en", "do you know what the price is"),
        ("en", "I don't want to."),
        ("de", "Ja, das möchte ich."),
        ("de", "Das bin ich."),
        ("de", "Ich nehme die."),
        ("de", "Kommen Sie mit."),
        ("es", "Sí, quiero."),
        ("es", "Creo que sí."),
        ("es", "Si."),
        ("fr", "Oui, bien sûr."),
        ("fr", "Moi aussi."),
        ("fr", "C'est chez nous."),
        ("pt", "Sim, claro."),
        ("pt", "Não."),
        ("pt", "Acho que sim."),
        ("hi", "मेरा नाम राहुल है।"),
        ("hi", "haan ji"),
        ("hi", "ठीक है।"),
    ],
)
def test_complete_sentences_need_no_patience(language: str, text: str) -> None:
    """Their last words end other sentences too early, but not these."""
    assert not is_unfinished(text, [load_vocabulary(language)])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I don't have it."),
        ("en", "Why do you need it?"),
        ("en", "one moment please"),
        ("en", "the number I'm calling from"),
        ("en", "that's all"),
        ("de", "Habe ich nicht."),
        ("de", "Moment bitte."),
        ("es", "No lo sé."),
        ("es", "un momento"),
        ("fr", "Je ne l'ai pas."),
        ("fr", "C'est tout."),
        ("pt", "Não tenho."),
        ("pt", "um momento"),
        ("hi", "मेरे पास नहीं है"),
        ("hi", "ek minute"),
    ],
)
def test_a_short_answer_need_not_give_what_was_requested(language: str, text: str) -> None:
    """A refusal, a question, or a request for a moment."""
    assert is_non_answer(text, [load_vocabulary(language)])


def test_an_acknowledgement_is_a_short_answer() -> None:
    """Unless more words follow."""
    english = [load_vocabulary("en")]

    assert is_short_answer(split_words("Yes, of course."), english)
    assert not is_short_answer(split_words("Yes, I'd like to"), english)
    assert not is_non_answer("It's Smith", english)
