"""The generated knowledge base."""

from bench.knowledge.corpus import Corpus


def test_the_corpus_has_the_requested_size_and_can_be_repeated() -> None:
    """Runs are comparable."""
    corpus = Corpus(100)
    passages = [passage for document in corpus.documents for passage in document.passages]
    assert 100 <= len(passages) < 110
    assert len({passage.passage_id for passage in passages}) == len(passages)
    assert corpus.documents == Corpus(100).documents


def test_a_question_contains_words_of_its_passage() -> None:
    """Otherwise the share of hits would mean nothing."""
    corpus = Corpus(100)
    texts = {p.passage_id: f"{p.titles[-1]} {p.text}".lower() for d in corpus.documents for p in d.passages}
    for question in corpus.questions(20):
        assert sum(word.strip(".") in texts[question.passage_id] for word in question.text.split()) >= 3
