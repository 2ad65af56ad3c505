"""Tools that are implemented by a web service."""

import re
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from parley.agent_config.problem import did_you_mean
from parley.agent_config.tools.arguments_schema import schema_problem
from parley.agent_config.tools.base import ToolBase
from parley.agent_config.tools.http_templates import (
    argument_names,
    is_fixed,
    secret_names,
    template_problem,
)

_VARIABLE = r"^([A-Za-z_][A-Za-z0-9_]*)?$"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_NAMES_ALL_ARGUMENTS = frozenset(
    ("type", "properties", "required", "additionalProperties", "description", "title", "$schema")
)
"""Keys of a schema that has all arguments in `properties`."""
_OWN_HEADERS = frozenset(
    (
        "connection",
        "content-length",
        "host",
        "idempotency-key",
        "transfer-encoding",
        "x-call-sid",
        "x-parley-signature",
        "x-parley-timestamp",
    )
)


class HttpTool(ToolBase):
    """An HTTP endpoint that the model may call; by default POST with JSON arguments.

    Each request carries an `Idempotency-Key`; a repeated key, after a timeout or when another process has
    taken the call over, must have no second effect.
    """

    type: Literal["http"] = "http"
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str = Field(min_length=1)
    """Description for the model: when to call the tool and what it does."""
    url: str = Field(pattern=r"^https?://.+", max_length=2000)
    """Its path and query may contain templates; the values are percent-encoded."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    """Templates."""
    query: dict[str, str] = Field(default_factory=dict)
    """Templates; added to those of the URL."""
    body: Any = None
    """A JSON value with templates, or one text; the arguments as JSON if it is not set."""
    parameters: dict[str, Any] = Field(default_factory=lambda: {"type": "object", "properties": {}})
    """JSON schema of the arguments."""
    timeout_s: float = Field(default=8.0, gt=0, le=60)
    """Time limit for all attempts together."""
    token_env: str = Field(default="", pattern=_VARIABLE)
    """Environment variable of the brain that holds a bearer token; empty for none."""
    signature_env: str = Field(default="", pattern=_VARIABLE)
    """Environment variable of the brain with the key that signs each request; empty for no signature."""
    result_path: str = Field(default="", pattern=r"^([^.\s]+(\.[^.\s]+)*)?$")
    """The part of a JSON response that is the result, such as `data.slots`; empty for all of it."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        """The name of the tool."""
        return (self.name,)

    @property
    def secrets(self) -> frozenset[str]:
        """Environment variables that the tool needs."""
        own = (self.token_env, self.signature_env)
        return frozenset((*filter(None, own), *secret_names([self.url, self.headers, self.query, self.body])))

    @field_validator("parameters")
    @classmethod
    def _check_parameters(cls, value: dict[str, Any]) -> dict[str, Any]:
        if problem := schema_problem(value):
            raise ValueError(problem)
        return value

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        origin = re.split(r"[/?#]", value.split("://", 1)[1], maxsplit=1)[0]
        if not is_fixed(origin) or "{" in origin or "@" in origin:
            raise ValueError(
                "the host must be fixed, so that no argument chooses it, and contain no user name: write "
                "https://example.com/visits/{{ args.id }}"
            )
        if not urlsplit(f"https://{origin}").hostname:
            raise ValueError("the URL has no host")
        if problem := template_problem(value):
            raise ValueError(problem)
        return value

    @field_validator("headers", "query")
    @classmethod
    def _check_templates(cls, value: dict[str, str]) -> dict[str, str]:
        for key, text in value.items():
            if problem := template_problem(text):
                raise ValueError(f"{key}: {problem}")
        return value

    @field_validator("headers")
    @classmethod
    def _check_headers(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not the name of a header")
            if name.lower() in _OWN_HEADERS:
                raise ValueError(f"{name}: set by Parley itself")
            if not text.isprintable():
                raise ValueError(f"{name}: contains a line break or another control character; remove it")
        return value

    @field_validator("body")
    @classmethod
    def _check_body(cls, value: Any) -> Any:
        for text in _texts(value):
            if problem := template_problem(text):
                raise ValueError(problem)
        return value

    @model_validator(mode="after")
    def _check_method(self) -> Self:
        if self.method == "GET" and self.body is not None:
            raise ValueError("body: a GET request has none; use query, or another method")
        return self

    @model_validator(mode="after")
    def _check_arguments(self) -> Self:
        properties = self.parameters.get("properties", {})
        lists_all = isinstance(properties, dict) and _NAMES_ALL_ARGUMENTS.issuperset(self.parameters)
        if not properties or not lists_all:
            return self
        for key in ("url", "headers", "query", "body"):
            for name in (name for text in _texts(getattr(self, key)) for name in argument_names(text)):
                if name not in properties:
                    declared = f"`parameters` has: {', '.join(properties)}"
                    suggestion = did_you_mean(name, properties)
                    raise ValueError(f"{key}: unknown argument {name!r}; {declared}{suggestion}")
        return self


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for child in children for text in _texts(child)]
