"""The choice of a query's terms."""

from parley.knowledge.terms import MAX_TERMS, QueryTerm, WeightedTerm, choose, merged, missing


def _term(term: str, passages: int, total: int = 1000) -> QueryTerm:
    return QueryTerm("english", term, passages, total)


def test_rare_terms_come_first_and_count_more() -> None:
    chosen = choose([_term("fee", 90), _term("deposit", 2)])
    assert [term.term for term in chosen] == ["deposit", "fee"]
    assert chosen[0].weight > chosen[1].weight > 0


def test_common_terms_are_used_only_without_others() -> None:
    assert [term.term for term in choose([_term("servic", 900), _term("fee", 90)])] == ["fee"]
    assert [term.term for term in choose([_term("servic", 900)])] == ["servic"]
    assert len(choose([_term("servic", 9, 10), _term("fee", 1, 10)])) == 2


def test_the_number_of_terms_is_limited() -> None:
    chosen = choose([_term(f"t{n}", n + 1) for n in range(100)])
    assert [term.term for term in chosen] == [f"t{n}" for n in range(MAX_TERMS)]


def test_terms_that_no_passage_contains_are_replaced_if_long() -> None:
    terms = [_term("ab", 0), _term("routr", 0), _term("fee", 3)]
    assert [term.term for term in missing(terms)] == ["routr"]
    assert [term.term for term in choose(terms)] == ["fee"]


def test_the_same_term_of_several_bases_is_counted_once() -> None:
    assert merged([_term("fee", 3, 10), _term("fee", 4, 20)]) == (_term("fee", 7, 30),)


def test_quotes_and_backslashes_are_escaped() -> None:
    assert WeightedTerm("simple", "a'b\\c", 1).tsquery == "'a''b\\\\c'"
