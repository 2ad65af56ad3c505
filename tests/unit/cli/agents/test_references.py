"""Tests of the check of what agent files name."""

from pathlib import Path

import pytest

from cli.agents.checks import CheckedFile, check_files
from cli.agents.references import ExistingNames, with_references
from parley.agent_config import parse_agent
from parley.agent_store import LoadedAgent, version_of
from tests.unit.cli.agents.test_checks import write

TO_SALES = "prompt: hi\nhandoffs:\n  - {agent: sales, when: the caller buys}\n"
BACK = "prompt: hi\nhandoffs: [{agent: front, when: the caller asks something else}]\n"
PRICED = "llm: {price: {input: 1, output: 2}}\nlimits: {max_cost: 1}\n"


def loaded(name: str, text: str) -> LoadedAgent:
    """An agent that is not checked."""
    return LoadedAgent(name, version_of(text), parse_agent(text, name, "test"), text)


def checked(folder: Path, existing: ExistingNames | None = None, **files: str) -> list[CheckedFile]:
    """The result of a check."""
    return with_references(check_files(write(folder, **files)), existing or ExistingNames())


def test_the_agents_of_hand_offs_must_exist(tmp_path: Path) -> None:
    """The mistake has its line and the most similar name; a wrong file exists nevertheless."""
    [front, _] = checked(tmp_path, front=TO_SALES, sale="prompt: hi")

    [problem] = front.problems
    assert (problem.line, problem.key) == (3, "handoffs.0.agent")
    assert problem.reason == "the agent 'sales' does not exist; did you mean sale?"
    assert checked(tmp_path, front=TO_SALES, sales="prompt: [")[0].problems == ()


SALES = loaded("sales", "prompt: hi")


@pytest.mark.parametrize("existing", [ExistingNames(files=(SALES,)), ExistingNames(applied=(SALES,))])
def test_a_hand_off_to_an_agent_of_the_folder_or_the_system_is_right(
    tmp_path: Path, existing: ExistingNames
) -> None:
    """Not all files are checked each time."""
    [front] = checked(tmp_path, existing, front=TO_SALES)

    assert (front.problems, front.warnings) == ((), ())


def test_a_hand_off_to_an_agent_of_the_other_mode_is_a_mistake(tmp_path: Path) -> None:
    """A call keeps its mode, so the hand-off would fail in it; the mistake is where it can be mended."""
    realtime = "mode: realtime\nprompt: hi"

    front, sales = checked(tmp_path, front=TO_SALES, sales=realtime)
    [problem] = front.problems
    assert (problem.line, problem.key, sales.problems) == (3, "handoffs.0.agent", ())
    assert "sales has `mode: realtime` and this agent `mode: cascade`" in problem.reason
    both = checked(tmp_path, front=f"mode: realtime\n{TO_SALES}", sales=realtime)
    assert [each.problems for each in both] == [(), ()]

    [sales] = checked(tmp_path, ExistingNames(applied=(loaded("front", TO_SALES),)), sales=realtime)
    [problem] = sales.problems
    assert (problem.line, problem.key) == (1, "mode")
    assert "front has `mode: cascade` and hands over to this agent" in problem.reason


def test_the_price_of_a_realtime_agent_is_that_of_its_own_model(tmp_path: Path) -> None:
    """The price of `llm`, which only writes notes, does not count its answers."""
    price = "price: {input: 1, output: 2, audio_input: 1, audio_output: 1}"
    front = f"mode: realtime\nrealtime: {{{price}}}\n{PRICED}{TO_SALES}"

    [unpriced, _] = checked(tmp_path, front=front, sales="mode: realtime\nprompt: hi")
    assert "the models of sales have no price in USD" in unpriced.warnings[0]
    assert "add realtime.price to its file" in unpriced.warnings[0]
    [priced, _] = checked(tmp_path, front=front, sales=f"mode: realtime\nprompt: hi\nrealtime: {{{price}}}")
    assert priced.warnings == ()


def test_a_circle_of_hand_offs_is_a_warning(tmp_path: Path) -> None:
    """It may be intended; the call is protected."""
    front, sales = checked(tmp_path, front=TO_SALES, sales=BACK)

    assert front.problems == sales.problems == ()
    assert "front → sales → front is a circle" in front.warnings[0]
    assert "sales → front → sales" in sales.warnings[0]


def test_a_number_of_an_applied_version_is_a_mistake(tmp_path: Path) -> None:
    """Unless the file replaces that version."""
    text = "prompt: hi\nnumbers: ['+15550100000']"
    existing = ExistingNames(applied=(loaded("shop", text),))

    [front] = checked(tmp_path, existing, front=text)
    assert [problem.reason for problem in front.problems] == [
        "+15550100000 is also a number of the applied version of shop"
    ]
    [shop] = checked(tmp_path, existing, shop=text)
    assert shop.problems == ()


def test_documents_calendars_and_functions_that_do_not_exist_are_warnings(tmp_path: Path) -> None:
    """They may be added later, or exist on another machine; without a system nothing is compared."""
    text = (
        "prompt: hi\ntools:\n  - {type: search_knowledge, names: [manual]}\n"
        "  - {type: book_appointment, calendars: [anna]}\n  - {type: python, name: no_such_function}\n"
    )
    existing = ExistingNames(knowledge_bases=frozenset({"faq"}), calendars=frozenset())

    documents, calendar, function = checked(tmp_path, existing, front=text)[0].warnings

    assert "'manual' does not exist in the database (parley knowledge index); there are: faq" in documents
    assert "'anna'" in calendar
    assert "no_such_function" in function
    assert len(checked(tmp_path, front=text)[0].warnings) == 1


def test_a_limit_of_the_cost_needs_prices_of_the_next_agents(tmp_path: Path) -> None:
    """Their tokens count for the same call."""
    front, _ = checked(tmp_path, front=TO_SALES + PRICED, sales="prompt: hi")
    assert "the models of sales have no price in USD" in front.warnings[0]
    front, _ = checked(tmp_path, front=TO_SALES + PRICED, sales="prompt: hi\n" + PRICED)
    assert front.warnings == ()
