"""Tools that are Python functions, installed as entry points."""

from typing import Literal

from pydantic import Field

from parley.agent_config.tools.base import ToolBase


class PythonTool(ToolBase):
    """A Python function of an installed package, by its entry point in the group `parley.tools`."""

    type: Literal["python"] = "python"
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    """Name of the entry point, and of the tool."""
    description: str = ""
    """Description for the model; the function's docstring if empty."""
    timeout_s: float = Field(default=8.0, gt=0, le=60)

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The name of the tool."""
        return (self.name,)
