"""Passages that were found."""

from dataclasses import replace

from parley.knowledge.found import FoundPassage, within_budget

_PASSAGE = FoundPassage("docs", "1", "a.pdf", ("Manual", "Repair"), 3, "x" * 100, 1.0)


def test_the_source_names_document_section_and_page() -> None:
    assert _PASSAGE.source == "a.pdf, Repair, page 3"
    assert replace(_PASSAGE, titles=(), page=0).source == "a.pdf"


def test_the_best_passages_that_fit_are_chosen() -> None:
    long, short = replace(_PASSAGE, text="x" * 500), replace(_PASSAGE, text="x" * 50)
    assert within_budget((_PASSAGE, long, short), 200) == (_PASSAGE, short)
    assert within_budget((long, short), 200) == (long,)
    assert within_budget((), 200) == ()
