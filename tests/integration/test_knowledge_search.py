"""Full text search: the right passages, in each language, for any words."""

from pathlib import Path

import asyncpg
import yaml

from parley.knowledge.full_text import search_full_text
from tests.integration.knowledge_base import HELPDESK, connected, index

_QUESTIONS = yaml.safe_load(Path(__file__).with_name("knowledge_questions.yaml").read_text("utf-8"))


async def test_questions_of_callers_find_the_right_section(postgres_url: str) -> None:
    async with connected(postgres_url) as connection:
        await index(connection, HELPDESK)
        missed = []
        for question in _QUESTIONS:
            found = await search_full_text(connection, ["docs"], question["question"], 3)
            sections = [(passage.path, passage.titles[-1]) for passage in found]
            if (question["path"], question["section"]) not in sections:
                missed.append((question["question"], sections))
        assert len(_QUESTIONS) == 30
        assert len(missed) <= 3, missed


_LANGUAGES = (
    ("Die Kündigungsfristen betragen einen Monat, und wir bestätigen sie per Brief.", "kündigungsfrist"),
    ("Los pedidos se entregan en dos días y el envío es gratis para los clientes.", "entrega del pedido"),
    ("Les commandes sont livrées dans les deux jours et la livraison est gratuite.", "livrer une commande"),
    ("Os produtos são entregues em dois dias e você não paga nada por isso.", "entregar o produto"),
    ("दुकान सोमवार से शनिवार तक सुबह दस बजे से शाम छह बजे तक खुली रहती है।", "दुकान कब खुली है"),
    ("営業時間は 九時から 五時までです", "営業時間は"),
    ("Our routers are being shipped to customers of the shop in the city.", "router shipping"),
)


async def test_words_are_found_in_other_forms_in_each_language(postgres_url: str, tmp_path: Path) -> None:
    for number, (text, _) in enumerate(_LANGUAGES):
        (tmp_path / f"{number}.txt").write_text(text, "utf-8")
    async with connected(postgres_url) as connection:
        await index(connection, tmp_path)
        for number, (_, words) in enumerate(_LANGUAGES):
            found = await search_full_text(connection, ["docs"], words, 3)
            assert found[0].path == f"{number}.txt", words


async def test_any_words_are_accepted(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "doc.txt").write_text(
        "Resetting the router: you can do it and we will help you, don't worry", "utf-8"
    )
    async with connected(postgres_url) as connection:
        await index(connection, tmp_path)
        nothing = ("", " ", "'", "\\", "a & b | !c:*", "(((", "%", "\0", "🙂", "the of", "x" * 5000, "\ud800")
        for words in nothing:
            assert await search_full_text(connection, ["docs"], words, 3) == (), words
        for words in ("ROUTER!", "rout", "router's", "reset:*", "'router' <-> \\"):
            assert await search_full_text(connection, ["docs"], words, 3), words
        assert await search_full_text(connection, ["nowhere"], "router", 3) == ()
        assert await search_full_text(connection, [], "router", 3) == ()
        assert await search_full_text(connection, ["nowhere", "docs"], "router", 3)


async def test_rare_words_count_more_and_common_ones_still_find(postgres_url: str, tmp_path: Path) -> None:
    sections = [f"# Section {n}\n\nThe service has a fee of {n} dollars." for n in range(80)]
    sections[40] += " A deposit is needed."
    (tmp_path / "a.md").write_text("\n\n".join(sections), "utf-8")
    async with connected(postgres_url) as connection:
        await index(connection, tmp_path)
        [first, *_] = await search_full_text(connection, ["docs"], "service fee and deposit", 3)
        assert first.titles[-1] == "Section 40"
        assert len(await search_full_text(connection, ["docs"], "what is the service fee", 3)) == 3


async def test_search_is_the_same_without_counted_totals(postgres_url: str, tmp_path: Path) -> None:
    for number, text in enumerate(("The router has a reset key", "Der Router hat einen Schalter, und er")):
        (tmp_path / f"{number}.txt").write_text(text, "utf-8")
    async with connected(postgres_url) as connection:
        await index(connection, tmp_path)
        counted = await search_full_text(connection, ["docs", "docs"], "router key", 3)
        removed = await connection.execute("DELETE FROM knowledge_terms WHERE configuration = ''")
        assert removed == "DELETE 2"
        assert await search_full_text(connection, ["docs"], "router key", 3) == counted
        assert {passage.path for passage in counted} == {"0.txt", "1.txt"}


async def test_the_first_search_of_a_connection_reads_no_definitions_of_types(
    postgres_url: str, tmp_path: Path
) -> None:
    (tmp_path / "doc.txt").write_text("Resetting the router is easy", "utf-8")
    async with connected(postgres_url) as connection:
        await index(connection, tmp_path)
    async with asyncpg.create_pool(postgres_url, min_size=0) as pool, pool.acquire() as connection:
        assert await search_full_text(connection, ["docs"], "router and some unknown", 3)
        statements = await connection.fetch("SELECT statement FROM pg_prepared_statements")
    assert [row for row in statements if "WITH terms" in row["statement"]]
    assert not [row for row in statements if "typeinfo" in row["statement"]]
