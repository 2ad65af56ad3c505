"""The division of documents into passages."""

from itertools import pairwise

from parley.knowledge.chunking import MAX_CHARS, OVERLAP_CHARS, divide
from parley.knowledge.document import Block

_SENTENCES = [f"Sentence number {n} of this long text ends here." for n in range(200)]


def test_each_section_is_a_passage_with_its_titles() -> None:
    blocks = [
        Block("Returns", 1),
        Block("All about returns."),
        Block("How long?", 2),
        Block("Thirty days."),
        Block("Shipping", 1),
        Block("Two days."),
    ]
    passages = divide("a.md", "Shop", blocks)
    assert [(p.titles, p.text) for p in passages] == [
        (("Shop", "Returns"), "All about returns."),
        (("Shop", "Returns", "How long?"), "Thirty days."),
        (("Shop", "Shipping"), "Two days."),
    ]


def test_a_heading_without_text_below_it_is_not_lost() -> None:
    passages = divide("a.md", "", [Block("We are closed on Sundays", 1), Block("Open on Mondays", 1)])
    assert [p.text for p in passages] == ["We are closed on Sundays", "Open on Mondays"]


def test_a_title_is_not_repeated() -> None:
    [passage] = divide("a.md", "Returns", [Block("Returns", 1), Block("Thirty days.")])
    assert passage.titles == ("Returns",)


def test_long_text_is_divided_at_sentences_with_an_overlap() -> None:
    passages = divide("a.txt", "", [Block(" ".join(_SENTENCES))])
    assert all(len(p.text) <= MAX_CHARS for p in passages)
    joined = "\n".join(p.text for p in passages)
    assert all(sentence in joined for sentence in _SENTENCES)
    for before, after in pairwise(passages):
        first = after.text.split("\n")[0]
        assert before.text.endswith(first)
        assert len(first) <= OVERLAP_CHARS


def test_nothing_of_a_text_without_spaces_is_lost() -> None:
    text = "".join(chr(0x4E00 + n % 5000) for n in range(10_000))
    passages = divide("a.txt", "", [Block(text)])
    assert "".join(p.text.replace("\n", "") for p in passages) == text
    assert all(len(p.text) <= MAX_CHARS for p in passages)


def test_overlap_does_not_cross_a_heading() -> None:
    passages = divide("a.md", "", [Block("A", 1), Block("First text."), Block("B", 1), Block("Second text.")])
    assert [p.text for p in passages] == ["First text.", "Second text."]


def test_a_passage_has_the_page_on_which_it_begins() -> None:
    blocks = [Block(" ".join(_SENTENCES[:30]), page=3), Block(" ".join(_SENTENCES[30:60]), page=4)]
    pages = [passage.page for passage in divide("a.pdf", "", blocks)]
    assert pages[0] == 3
    assert pages[-1] == 4
    assert pages == sorted(pages)


def test_ids_depend_on_the_passage_only() -> None:
    one = divide("a.md", "", [Block("A", 1), Block("Same."), Block("B", 1), Block("Old.")])
    two = divide("a.md", "", [Block("New", 1), Block("X."), Block("A", 1), Block("Same."), Block("B", 1)])
    assert one[0].passage_id in {p.passage_id for p in two}
    assert one[1].passage_id not in {p.passage_id for p in two}
    other_document = divide("b.md", "", [Block("A", 1), Block("Same.")])
    assert other_document[0].passage_id != one[0].passage_id


def test_equal_passages_have_different_ids() -> None:
    passages = divide("a.md", "", [Block("A", 1), Block("Same."), Block("A", 1), Block("Same.")])
    assert len({passage.passage_id for passage in passages}) == 2
