"""Tests of the recogniser's language model."""

from sandbox.recognition.language_model import bigram_model, telephone_sentences


def test_the_language_model_is_larger_than_any_script() -> None:
    """Recognition would prove nothing if the model contained only a script's words."""
    sentences = telephone_sentences()

    assert len(sentences) > 100
    assert len({word for sentence in sentences for word in sentence.split()}) > 200


def test_bigram_probabilities_are_discounted() -> None:
    """Probabilities after a word add up to less than 1; the rest is left for unseen words."""
    model = bigram_model(["a b", "a c"])
    pairs = [line.split() for line in model.split("2-grams:")[1].splitlines() if line.count(" ") == 2]

    assert 0 < sum(10 ** float(p) for p, first, _ in pairs if first == "a") < 1
