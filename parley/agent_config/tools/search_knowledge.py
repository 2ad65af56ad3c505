"""The tool that searches documents which `parley knowledge index` has indexed."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from parley.agent_config.section import Section
from parley.agent_config.tools.base import ToolBase

BaseName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
"""Name of a knowledge base."""


class EmbeddingSection(Section):
    """The embedding model with which the knowledge bases were indexed: search by words and by meaning."""

    model: str = Field(min_length=1)
    base_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    """Server with OpenAI's endpoint `/v1/embeddings`; empty for that of `OPENAI_BASE_URL`, or OpenAI."""
    api_key_env: str = Field(default="OPENAI_API_KEY", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    """Environment variable of the brain with the server's key; empty for none."""
    dimensions: int = Field(default=0, ge=0, le=4000)
    """Length of the vectors; 0 for the model's own."""
    timeout_s: float = Field(default=0.5, gt=0, le=10)
    """Time limit for the embedding of a query; after that, words alone decide."""


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
    embedding: EmbeddingSection | None = None
    """For hybrid search; without it, full text search alone."""
    timeout_s: float = Field(default=2.0, gt=0, le=20)
    """Time limit for one search."""

    @property
    def needs_database(self) -> bool:
        """Whether the tool needs Postgres."""
        return True
