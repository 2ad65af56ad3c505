"""Capability profiles: which requests a model on a server accepts. Data in profiles.yaml; no network."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parley.errors import ConfigError

Api: TypeAlias = Literal["chat", "responses"]


class Profile(BaseModel):
    """The requests that a model on a server accepts; the defaults are for a server without an entry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    api: Api = "chat"
    """The API used when the agent file does not choose one."""
    tools: bool = True
    """Whether tools are accepted at all."""
    tools_in_chat: Literal["always", "without_reasoning", "never"] = "always"
    """When Chat Completions accepts tools."""
    limit_field: Literal["max_completion_tokens", "max_tokens", "none"] = "max_tokens"
    """Name of the token limit in Chat Completions."""
    reasoning_tokens: int = Field(default=0, ge=0)
    """Tokens added to the limit while the model reasons, because the limit includes the reasoning."""
    temperature: Literal["always", "without_reasoning", "never"] = "always"
    """When a temperature is accepted."""
    max_temperature: float = Field(default=2.0, gt=0)
    end_user: Literal["user", "safety_identifier", "none"] = "none"
    """The field that carries the CallSid."""
    parallel_tool_calls: bool | None = None
    """Value of `parallel_tool_calls` beside tools; None to leave it out."""
    tool_choice: bool = True
    """Whether `tool_choice` has an effect; if not, no tools are sent when none may be called."""
    stream_usage: bool = False
    """Whether `stream_options.include_usage` is sent."""
    efforts: tuple[str, ...] | None = None
    """The reasoning efforts that are accepted: empty for a model that takes none, None if unknown."""
    effort: str | None = None
    """The effort of a request without tools; None to leave it out."""
    effort_with_tools: str | None = None
    """The effort of a request with tools; None to leave it out."""
    system_role: Literal["system", "developer", "user"] = "system"
    """The role of instructions."""
    one_system_message: bool = True
    """Whether only one system message is accepted, as the first message."""
    roles: Literal["any", "merged", "alternate"] = "any"
    """`merged`: the user comes first, no two user or assistant messages in a row; `alternate`: in addition an
    assistant message follows the tools' results."""
    last_role_user: bool = False
    """Whether the last message must be of the user or of a tool."""
    null_content: bool = True
    """Whether an assistant message with tool calls may have the content null; else it is an empty text."""
    tool_call_id: Literal["any", "alphanumeric_9"] = "any"
    """Form of the ids of tool calls; `any` means at most 40 characters."""
    tool_call_fields: bool = True
    """Whether fields that the server added to a tool call or message are sent back to it."""
    placeholder_fields: dict[str, Any] = {}
    """Fields for the first tool call of a message in which no call has fields of the server."""
    empty_reasoning: bool = False
    """Whether assistant messages with tool calls carry an empty `reasoning_content`."""
    strict_tools: bool | None = None
    """Value of `strict` in the tools' definitions; None to leave it out."""
    encrypted_reasoning: bool = True
    """Whether encrypted reasoning is requested from the Responses API and sent back to it."""
    refused: frozenset[str] = frozenset()
    """Fields that the server has refused; they are left out even if the agent file sets them."""
    refused_schema_keys: frozenset[str] = frozenset()
    """Keywords of JSON schema that the server has refused in tool definitions."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    match: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    settings: dict[str, Any] = Field(alias="set")


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[_Entry, ...]
    servers: tuple[_Entry, ...]


@dataclass(frozen=True, slots=True)
class Profiles:
    """All profiles."""

    _data: _Data

    @property
    def names(self) -> tuple[str, ...]:
        """The names that `llm.profile` accepts."""
        return tuple(entry.name for entry in (*self._data.models, *self._data.servers))

    def select(self, base_url: str, model: str, name: str = "") -> Profile:
        """The profile of a model at a base URL, or the one with this name.

        Raises:
            ConfigError: there is no profile of this name.
        """
        family = next((entry for entry in self._data.models if _matches_model(entry, model)), None)
        server = next((entry for entry in self._data.servers if _matches_server(entry, base_url)), None)
        if name:
            named_family = next((entry for entry in self._data.models if entry.name == name), None)
            named_server = next((entry for entry in self._data.servers if entry.name == name), None)
            if named_family is None and named_server is None:
                raise ConfigError(f"llm.profile: no profile {name!r}; there are: {', '.join(self.names)}")
            family, server = named_family or family, named_server or server
        layers = [entry.settings for entry in (family, server) if entry is not None]
        return Profile.model_validate({key: value for layer in layers for key, value in layer.items()})


@cache
def load_profiles() -> Profiles:
    """Read and validate profiles.yaml.

    Raises:
        ConfigError: an entry is wrong; the text names it.
    """
    text = files("services.brain.providers.openai").joinpath("profiles.yaml").read_text(encoding="utf-8")
    return parse_profiles(yaml.safe_load(text))


def parse_profiles(data: Mapping[str, Any]) -> Profiles:
    """Validate the content of profiles.yaml.

    Raises:
        ConfigError: an entry is wrong; the text names it.
    """
    try:
        parsed = _Data.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"profiles.yaml: {_first_problem(error)}") from None
    for entry in (*parsed.models, *parsed.servers):
        try:
            Profile.model_validate(entry.settings)
        except ValidationError as error:
            raise ConfigError(f"profiles.yaml: {entry.name}: {_first_problem(error)}") from None
    names = [entry.name for entry in (*parsed.models, *parsed.servers)]
    if repeated := {name for name in names if names.count(name) > 1}:
        raise ConfigError(f"profiles.yaml: names used twice: {', '.join(sorted(repeated))}")
    return Profiles(parsed)


def core_name(model: str) -> str:
    """The model's name without a path, a tag or the parts of a fine-tuned model, in lower case."""
    name = model.strip().lower().removeprefix("ft:")
    return name.split(":")[0].rsplit("/", 1)[-1]


def _matches_model(entry: _Entry, model: str) -> bool:
    name = core_name(model)
    return any(fnmatchcase(name, pattern) for pattern in entry.match)


def _matches_server(entry: _Entry, base_url: str) -> bool:
    try:
        parts = urlsplit(base_url or "https://api.openai.com/v1")
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    return port in entry.ports or any(fnmatchcase(host, pattern) for pattern in entry.hosts)


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
