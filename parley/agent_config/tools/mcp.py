"""Tools of MCP servers."""

import re
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from parley.agent_config.tools.base import ToolBase
from parley.agent_config.tools.http_templates import SECRET, secret_names

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


class McpTool(ToolBase):
    """The tools of an MCP server: a command (stdio), or a URL (streamable HTTP)."""

    type: Literal["mcp"] = "mcp"
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,32}$")
    """Name of the server, in logs and in the names of its tools."""
    command: tuple[str, ...] = ()
    """The program and its arguments; the brain starts it once per process."""
    url: str = Field(default="", max_length=2000)
    env: dict[str, str] = Field(default_factory=dict)
    """Environment variables of the command, in addition to PATH, HOME and LANG; `${env:NAME}` refers to one
    of the brain."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Headers of each request to the URL; `${env:NAME}` refers to an environment variable of the brain."""
    prefix: str | None = Field(default=None, pattern=r"^[a-zA-Z0-9_-]{0,32}$")
    """Precedes the names of the server's tools; its own name and `_` by default."""
    allow: tuple[str, ...] | None = None
    """Names of the server's tools that the agent gets; all if it is not set."""
    timeout_s: float = Field(default=15.0, gt=0, le=120)
    """Time limit for a call of a tool."""
    connect_timeout_s: float = Field(default=15.0, gt=0, le=120)

    @property
    def tool_names(self) -> tuple[str, ...]:
        """Empty: the server itself names its tools."""
        return ()

    @property
    def tool_prefix(self) -> str:
        """The beginning of the names of its tools."""
        return f"{self.name}_" if self.prefix is None else self.prefix

    def has_tool(self, name: str) -> bool:
        """Whether a tool's name begins with the prefix."""
        return bool(self.tool_prefix) and name.startswith(self.tool_prefix)

    @property
    def secrets(self) -> frozenset[str]:
        """Environment variables that the server needs."""
        return frozenset(secret_names([self.env, self.headers]))

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
            raise ValueError("must begin with http:// or https:// and name a host")
        if SECRET.search(value) or "@" in urlsplit(value or "http://x").netloc:
            raise ValueError("put keys and passwords into headers")
        return value

    @field_validator("headers")
    @classmethod
    def _check_headers(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not the name of a header")
        return value

    @field_validator("command", mode="before")
    @classmethod
    def _check_command(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError("must be a list: the program, then each argument; no shell is used")  # noqa: TRY004
        return value

    @model_validator(mode="after")
    def _check_transport(self) -> Self:
        if bool(self.command) == bool(self.url):
            raise ValueError("an MCP server has either a command or a url")
        if self.command and (self.headers or not self.command[0].strip()):
            raise ValueError("a command needs a program, and has env instead of headers")
        if self.url and self.env:
            raise ValueError("env: belongs to a command; a url has headers")
        return self
