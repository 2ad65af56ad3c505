"""How answers are cut into clauses."""

import pytest

from services.brain.generation.clauses import ClauseSplitter
from tests.field.rows import Seen, row


def cut(text: str, language: str, size: int) -> list[str]:
    """The clauses of a text whose tokens have `size` characters."""
    splitter = ClauseSplitter(language=language)
    clauses = [c for at in range(0, len(text), size) for c in splitter.push(text[at : at + size])]
    return [clause.strip() for clause in clauses + splitter.finish()]


CLAUSES = [
    ("en", ["1. Monday at 9.", "2. Tuesday at 10."]),
    ("en", ["As follows: 1. Monday at 9, 2. Tuesday at 10.", "Fine?"]),
    (
        "en",
        [
            "It is $5.",
            "Then 3.5 percent of 1,234.56 from 192.168.0.1.",
            "Version v2.0.1 is at example.com.",
            "Fine?",
        ],
    ),
    ("en", ["We open at 9 a.m. on Monday.", "We close at 5 p.m.", "Come early."]),
    ("en", ["Dr. Lee, e.g. in the U.S. office, is in No. 5 on Nov. 28.", "No.", "Not today."]),
    ("en", ["Well...", "on November 28, 2026.", "So…", "fine."]),
    ("en", ['Wait <break time="0.5s. x"/> here.', "See [Dr. A. B.](http://a.b/c d) now.", "Bye."]),
    ("de", ["Am 5. Mai im 3. Stock.", "Um 9.", "Danach die 2. Straße links."]),
    (
        "de",
        [
            "Das ist z.B. Nr. 5, Hauptstr. 7, bzw. ca. 3,5 km.",
            "Hr. Dr. Maier kommt am 28.11. um 10.30 Uhr.",
            "Gut.",
        ],
    ),
    (
        "de",
        ["Das sind **z. B.** Nr. 5, **2.12.** um 9 und Huber & Co. KG.", "Ich komme am 5.", "Bitte warten."],
    ),
    ("en", ["**1.** Ask **Dr.** Lee.", "**2.** Come in."]),
    ("es", ["La Sra. Gil, p. ej. en la av. Sol 5.", "No.", "A las 9 a. m. del lunes."]),
    ("fr", ["M. Roux et Mme. Petit, av. Foch 5.", "Bien.", "À 9 h.", "C'est p. ex. mardi."]),
    ("pt", ["O Sr. Silva e a Dra. Ana, Av. Paulista 5.", "Às 9 h.", "Certo."]),
    ("hi", ["डॉ. शर्मा और श्री. राव आएंगे।", "रु. 500 लगेंगे।"]),
]


@row("S4", "list numbers, ordinals, abbreviations, dotted numbers, tags", "never cut inside")
@pytest.mark.parametrize(("language", "clauses"), CLAUSES, ids=range(len(CLAUSES)))
def test_clauses_end_where_sentences_do(language: str, clauses: list[str], seen: Seen) -> None:
    """The tokens do not matter; a long sentence may also end at a comma or colon."""
    text = " ".join(clauses)
    found = [cut(text, language, size) for size in (1, 2, 5, 1000)]
    seen(" | ".join(found[0]))
    assert all(other == found[0] for other in found)
    ends = {len(" ".join(clauses[:n])) for n in range(1, len(clauses) + 1)}
    cuts = {len(" ".join(found[0][:n])) for n in range(1, len(found[0]) + 1)}
    assert ends <= cuts
    assert all(text[at - 1] in ",:" for at in cuts - ends)
