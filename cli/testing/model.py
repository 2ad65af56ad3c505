"""Questions to a model, for judgements and callers; the answers are JSON of a strict schema."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import openai

_TIMEOUT_S = 30.0
_MAX_RETRIES = 2
_MAX_TOKENS = 2000
"""A model that reasons needs more than its short answer."""

Message = Mapping[str, str]


class ModelFailed(Exception):
    """The model did not answer, or its answer is unusable; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class ModelAddress:
    """Address and name of a model that speaks OpenAI's protocol."""

    base_url: str
    api_key: str
    model: str


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of an answer with their JSON types; all are required, and no others are allowed."""

    name: str
    fields: Mapping[str, type]

    @property
    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema, in the form that strict outputs need."""
        kinds = {str: "string", bool: "boolean"}
        return {
            "type": "object",
            "properties": {name: {"type": kinds[kind]} for name, kind in self.fields.items()},
            "required": list(self.fields),
            "additionalProperties": False,
        }

    def parse(self, text: str) -> dict[str, Any]:
        """The fields of an answer.

        Raises:
            ModelFailed: the answer does not fit the schema.
        """
        try:
            data = json.loads(text)
        except ValueError:
            raise ModelFailed(f"the model's answer is not JSON: {text[:200]!r}") from None
        if not isinstance(data, dict) or set(data) != set(self.fields):
            raise ModelFailed(
                f"the model's answer does not have the fields {list(self.fields)}: {text[:200]!r}"
            )
        for name, kind in self.fields.items():
            if not isinstance(data[name], kind):
                raise ModelFailed(f"the model's answer has an unusable `{name}`: {text[:200]!r}")
        return data


class ModelClient:
    """A client of one provider."""

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self._client = client

    async def request(self, model: str, messages: Sequence[Message], schema: Schema) -> dict[str, Any]:
        """Ask once, at temperature 0 where the model takes it.

        Raises:
            ModelFailed: there is no usable answer.
        """
        try:
            try:
                answer = await self._create(model, messages, schema, temperature=0)
            except openai.BadRequestError as error:
                # Models that reason refuse a temperature.
                if "temperature" not in str(error):
                    raise
                answer = await self._create(model, messages, schema)
        except openai.OpenAIError as error:
            raise ModelFailed(f"the model {model} did not answer: {_reason(error)}") from None
        choice = answer.choices[0] if answer.choices else None
        if choice is None or not choice.message.content:
            refusal = choice.message.refusal if choice else None
            raise ModelFailed(f"the model's answer is empty{f': {refusal}' if refusal else ''}")
        if choice.finish_reason == "length":
            raise ModelFailed("the model's answer was cut at the limit of its length")
        return schema.parse(choice.message.content)

    async def _create(self, model: str, messages: Sequence[Message], schema: Schema, **more: Any) -> Any:
        return await self._client.chat.completions.create(
            model=model,
            messages=cast("Any", [dict(message) for message in messages]),
            response_format={
                "type": "json_schema",
                "json_schema": {"name": schema.name, "strict": True, "schema": schema.json_schema},
            },
            max_completion_tokens=_MAX_TOKENS,
            **more,
        )


@asynccontextmanager
async def open_model(base_url: str, api_key: str) -> AsyncIterator[ModelClient]:
    """A client for an address."""
    async with openai.AsyncOpenAI(
        base_url=base_url or None, api_key=api_key, timeout=_TIMEOUT_S, max_retries=_MAX_RETRIES
    ) as client:
        yield ModelClient(client)


def _reason(error: openai.OpenAIError) -> str:
    if isinstance(error, openai.APITimeoutError):
        return f"no answer within {_TIMEOUT_S:g} s"
    if isinstance(error, openai.APIConnectionError):
        return f"no connection ({error.__cause__ or error})"
    return str(error)
