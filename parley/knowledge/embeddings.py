"""Embeddings of texts from any server with OpenAI's endpoint /v1/embeddings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import stamina

from parley.errors import ParleyError

OPENAI_URL = "https://api.openai.com/v1"
MAX_DIMENSIONS = 4000
"""Longest vectors that pgvector indexes at half precision."""
_BATCH_TEXTS = 64
_BATCH_CHARS = 60_000
_MAX_TEXT_CHARS = 8000
"""Models take 8,192 tokens; a passage is much shorter."""
_REQUEST_TIMEOUT_S = 30.0
_ATTEMPTS = 5


class EmbeddingFailed(ParleyError):
    """The server did not return embeddings; the text has the reason."""


class _RetryableError(EmbeddingFailed):
    pass


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """A model, and the server that runs it."""

    model: str
    dimensions: int = 0
    """Length of its vectors, if it is requested; 0 for the model's own."""
    base_url: str = ""
    """With `/v1`; empty for OpenAI."""
    api_key: str = ""

    @property
    def url(self) -> str:
        """The address of the endpoint."""
        return f"{(self.base_url or OPENAI_URL).rstrip('/')}/embeddings"


async def embed_query(client: httpx2.AsyncClient, model: EmbeddingModel, text: str) -> list[float]:
    """Return the embedding of a query, in one attempt.

    Raises:
        EmbeddingFailed: the server did not return it.
    """
    [vector] = await _request(client, model, [text])
    return vector


async def embed_all(
    client: httpx2.AsyncClient, model: EmbeddingModel, texts: Sequence[str]
) -> list[list[float]]:
    """Return the embeddings of up to one batch of texts, with retries.

    Raises:
        EmbeddingFailed: the server did not return them.
    """
    async for attempt in stamina.retry_context(
        on=_RetryableError, attempts=_ATTEMPTS, timeout=None, wait_initial=0.5, wait_max=20.0
    ):
        with attempt:
            return await _request(client, model, texts)
    raise AssertionError("unreachable: the last attempt returns or raises")


def batches(texts: Sequence[str]) -> Iterator[range]:
    """Yield the positions of the texts of each request."""
    start = characters = 0
    for number, text in enumerate(texts):
        if number > start and (
            number - start >= _BATCH_TEXTS or characters + min(len(text), _MAX_TEXT_CHARS) > _BATCH_CHARS
        ):
            yield range(start, number)
            start, characters = number, 0
        characters += min(len(text), _MAX_TEXT_CHARS)
    if texts:
        yield range(start, len(texts))


async def _request(
    client: httpx2.AsyncClient, model: EmbeddingModel, texts: Sequence[str]
) -> list[list[float]]:
    body: dict[str, Any] = {
        "model": model.model,
        "input": [text[:_MAX_TEXT_CHARS] or " " for text in texts],
        "encoding_format": "float",
    }
    if model.dimensions:
        body["dimensions"] = model.dimensions
    headers = {"Authorization": f"Bearer {model.api_key}"} if model.api_key else {}
    try:
        response = await client.post(model.url, json=body, headers=headers, timeout=_REQUEST_TIMEOUT_S)
    except httpx2.TransportError as error:
        raise _RetryableError(f"{model.url}: {type(error).__name__}") from None
    if response.status_code in (408, 409, 429) or response.status_code >= 500:
        raise _RetryableError(f"{model.url}: HTTP {response.status_code}: {_message(response)}")
    if not response.is_success:
        raise EmbeddingFailed(f"{model.url}: HTTP {response.status_code}: {_message(response)}")
    return _vectors(response, len(texts), model)


def _vectors(response: httpx2.Response, count: int, model: EmbeddingModel) -> list[list[float]]:
    try:
        items = sorted(response.json()["data"], key=lambda item: item["index"])
        vectors = [[float(value) for value in item["embedding"]] for item in items]
    except (ValueError, KeyError, TypeError):
        raise EmbeddingFailed(f"{model.url}: the response has no embeddings") from None
    lengths = {len(vector) for vector in vectors}
    if len(vectors) != count or len(lengths) != 1 or not 0 < min(lengths) <= MAX_DIMENSIONS:
        raise EmbeddingFailed(
            f"{model.url}: {len(vectors)} embeddings of lengths {sorted(lengths)} for {count} texts; "
            f"up to {MAX_DIMENSIONS} dimensions are supported"
        )
    return vectors


def _message(response: httpx2.Response) -> str:
    try:
        return str(response.json()["error"]["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return response.text[:100]
