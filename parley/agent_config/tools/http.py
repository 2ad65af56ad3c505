"""Tools that are implemented by a web service."""

from typing import Any, Literal

from pydantic import Field

from parley.agent_config.tools.base import ToolBase


class HttpTool(ToolBase):
    """An HTTP endpoint that the model may call: POST with JSON arguments; the response is JSON or text.

    Each request carries an `Idempotency-Key`; a repeated key, after a timeout or when another process has
    taken the call over, must have no second effect.
    """

    type: Literal["http"] = "http"
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str = Field(min_length=1)
    """Description for the model: when to call the tool and what it does."""
    url: str = Field(pattern=r"^https?://.+")
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON schema of the arguments."""
    timeout_s: float = Field(default=8.0, gt=0, le=60)
    """Time limit for all attempts together."""
    token_env: str = Field(default="", pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")
    """Environment variable of the brain that holds a bearer token; empty for none."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The name of the tool."""
        return (self.name,)
