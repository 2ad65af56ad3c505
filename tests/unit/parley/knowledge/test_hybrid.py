"""The fusion of two rankings."""

from parley.knowledge.found import FoundPassage
from parley.knowledge.hybrid import fused


def _passage(name: str) -> FoundPassage:
    return FoundPassage("docs", name, "a.md", (), 0, name, 9.0)


def test_passages_of_both_rankings_come_first() -> None:
    a, b, c, d = (_passage(name) for name in "abcd")
    ranked = fused((a, b, c), (d, c))
    assert [passage.passage_id for passage in ranked] == ["c", "a", "d", "b"]
    assert ranked[0].score == 1 / 63 + 1 / 62


def test_nothing_is_fused_from_nothing() -> None:
    assert fused((), ()) == ()
