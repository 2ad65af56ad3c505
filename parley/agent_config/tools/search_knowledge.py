"""The tool that searches documents which `parley knowledge index` has indexed."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from parley.agent_config.tools.base import ToolBase

BaseName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""Name of a knowledge base."""


class SearchKnowledgeTool(ToolBase):
    """The agent answers from documents."""

    type: Literal["search_knowledge"] = "search_knowledge"
    names: tuple[BaseName, ...] = Field(min_length=1, max_length=10)
    """Names of the knowledge bases, as given to `parley knowledge index`."""
    mode: Literal["tool", "always"] = "tool"
    """`tool`: the model searches when it needs to. `always`: it also gets passages for each turn."""
    description: str = ""
    """Subject of the documents, for the model."""
    top_k: int = Field(default=3, ge=1, le=20)
    """Maximum number of passages for one search."""
    max_characters: int = Field(default=3000, ge=200, le=20_000)
    """Maximum length of all passages of one search together."""
    timeout_s: float = Field(default=2.0, gt=0, le=20)
    """Time limit for one search."""
