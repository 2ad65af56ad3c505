"""Tests for e-mail addresses."""

import pytest

from services.brain.collecting.email_addresses import normalize
from services.brain.collecting.problem import ValueProblem


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ann.Smith@Example.com", "ann.smith@example.com"),
        ("Ann dot Smith at example dot com", "ann.smith@example.com"),
        ("a n n underscore smith at gmail dot com.", "ann_smith@gmail.com"),
        ("j dash d at my dash site dot co dot uk", "j-d@my-site.co.uk"),
        ("ann punkt meyer klammeraffe gmx punkt de", "ann.meyer@gmx.de"),
        ("ana guion bajo ruiz arroba correo punto es", "ana_ruiz@correo.es"),
        ("jean tiret bas paul arobase orange point fr", "jean_paul@orange.fr"),
        ("anna podkreślnik nowak małpa poczta kropka pl", "anna_nowak@poczta.pl"),
        ("иван собака example точка ru", "иван@example.ru"),
        ("ann@ example.com", "ann@example.com"),
        ("jürgen@müller.de", "jürgen@müller.de"),
        ("ann plus shop at example dot com", "ann+shop@example.com"),
        ("rahul underscore sharma at the rate of gmail dot com", "rahul_sharma@gmail.com"),
        ("john at sign gmail dot com", "john@gmail.com"),
        ("jean tiret du bas paul arobase orange point fr", "jean_paul@orange.fr"),
        ("jean tiret du six paul chez orange point fr", "jean-paul@orange.fr"),
        ("maria barra baja ruiz arroba correo punto es", "maria_ruiz@correo.es"),
        ("joao underline silva arroba uol ponto com ponto br", "joao_silva@uol.com.br"),
        ("Ann Smith <ann@example.com>", "ann@example.com"),
        ("mailto:ann@example.com", "ann@example.com"),
    ],
)
def test_spoken_symbols_become_characters(text: str, address: str) -> None:
    """In the languages that have phrases."""
    assert normalize(text) == address


@pytest.mark.parametrize(
    "text", ["ann", "ann at home", "ann@home", "@example.com", "a@b@c.de", "ann..b@c.de", "ann@-a.de", ""]
)
def test_other_texts_are_refused(text: str) -> None:
    """The model learns to ask for the spelling."""
    with pytest.raises(ValueProblem, match="spell"):
        normalize(text)
