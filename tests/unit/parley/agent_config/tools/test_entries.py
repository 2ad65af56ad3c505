"""The entries of `tools` in the agent file."""

import pytest
from pydantic import TypeAdapter, ValidationError

from parley.agent_config import EndCallTool, HttpTool, ToolBase, ToolSection
from parley.agent_config.tools import BUILT_IN_TOOLS, TOOL_TYPES, duplicate_name

ENTRY: TypeAdapter[ToolBase] = TypeAdapter(ToolSection)
BOOK = {"name": "book", "description": "Books.", "url": "https://example.com/"}


def test_a_name_alone_is_a_built_in_tool_without_options() -> None:
    """Both notations mean the same."""
    assert ENTRY.validate_python("end_call") == ENTRY.validate_python({"type": "end_call"}) == EndCallTool()


def test_an_entry_without_a_type_is_a_web_service() -> None:
    """`type: http` may be left out."""
    assert ENTRY.validate_python(BOOK) == ENTRY.validate_python({"type": "http", **BOOK})
    assert isinstance(ENTRY.validate_python(BOOK), HttpTool)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("end_cal", "'end_cal' is not a built-in tool; there are: end_call"),
        ("http", "'http' is not a built-in tool"),
        ({"type": "htpt"}, "type: 'htpt' is not a type of tool; there are: .*http"),
        ({"type": ["http"]}, "is not a type of tool"),
        ({**BOOK, "urls": 1}, "urls"),
        (3, "valid dictionary"),
        (None, "valid dictionary"),
    ],
)
def test_a_wrong_entry_is_refused_with_what_there_is(entry: object, reason: str) -> None:
    """The reason names the entry, or the key, and the alternatives."""
    with pytest.raises(ValidationError, match=reason):
        ENTRY.validate_python(entry)


def test_the_schema_for_editors_lists_names_and_sections() -> None:
    """An editor completes both notations."""
    names, *sections = ENTRY.json_schema()["anyOf"]

    assert names == {"type": "string", "enum": list(BUILT_IN_TOOLS)}
    assert len(sections) >= 2
    assert set(BUILT_IN_TOOLS) < set(TOOL_TYPES)


def test_a_name_that_two_tools_have_is_found() -> None:
    """The model could not distinguish them."""
    book = HttpTool.model_validate(BOOK)

    assert duplicate_name((EndCallTool(), book)) == ""
    assert duplicate_name((EndCallTool(), book, book)) == "book"
    assert duplicate_name((EndCallTool(), book.model_copy(update={"name": "end_call"}))) == "end_call"
