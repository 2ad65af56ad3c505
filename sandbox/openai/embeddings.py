"""The endpoint POST /v1/embeddings: vectors that are close for texts with similar words."""

import base64
import hashlib
import math
import re
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.openai import errors
from sandbox.openai.errors import ApiError
from sandbox.openai.validation.fields import Field, field_errors, missing

_MAX_INPUTS = 2048
_MAX_TOKENS = 8192
_MAX_REQUEST_TOKENS = 300_000
_CHARS_PER_TOKEN = 4
_DIMENSIONS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
_FIXED = frozenset({"text-embedding-ada-002"})
"""Models that do not take the parameter `dimensions`."""
_FIELDS: Mapping[str, Field] = {
    "model": Field("a string"),
    "input": Field("a string|an array", can_be_empty=False, max_items=_MAX_INPUTS),
    "dimensions": Field("an integer", low=1),
    "encoding_format": Field("a string", choices=("float", "base64")),
    "user": Field("a string"),
}


class EmbeddingsEndpoint:
    """Computes embeddings; it counts the requests."""

    def __init__(self) -> None:
        self.requests = 0

    def create(self, body: Any) -> Response:
        """Answer a request whose key is valid."""
        self.requests += 1
        error = next(_errors(body), None)
        if error is not None:
            return JSONResponse(error.body, status_code=error.status)
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        size = body.get("dimensions") or _DIMENSIONS[body["model"]]
        vectors = [embedding(text, size) for text in texts]
        tokens = sum(map(_tokens, texts))
        data = [
            {
                "object": "embedding",
                "index": index,
                "embedding": _packed(vector) if body.get("encoding_format") == "base64" else vector,
            }
            for index, vector in enumerate(vectors)
        ]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        return JSONResponse({"object": "list", "data": data, "model": body["model"], "usage": usage})


def embedding(text: str, dimensions: int) -> list[float]:
    """Return a vector of length 1 from a text's words and the parts of its words."""
    features: Counter[str] = Counter()
    for word in re.findall(r"\w+", text.lower()):
        features[word[:6]] += 3
        padded = f"^{word}$"
        features.update(padded[n : n + 3] for n in range(len(padded) - 2))
    vector = [0.0] * dimensions
    for feature, weight in features.items():
        digest = hashlib.blake2b(feature.encode(), digest_size=8).digest()
        position, sign = int.from_bytes(digest[:7]) % dimensions, 1 if digest[7] & 1 else -1
        vector[position] += sign * math.sqrt(weight)
    norm = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / norm for value in vector]


def _errors(body: Any) -> Iterator[ApiError]:
    if not isinstance(body, dict):
        yield ApiError("We could not parse the JSON body of your request.")
    for name in body:
        if name not in _FIELDS:
            yield ApiError(f"Unrecognized request argument supplied: {name}", None, None)
    for name in ("model", "input"):
        if name not in body:
            yield missing(name)
    for name, value in body.items():
        yield from field_errors(value, _FIELDS[name], name)
    if body["model"] not in _DIMENSIONS:
        yield errors.model_not_found(body["model"])
    yield from _dimension_errors(body)
    yield from _input_errors(body["input"])


def _dimension_errors(body: Mapping[str, Any]) -> Iterator[ApiError]:
    if "dimensions" not in body:
        return
    if body["model"] in _FIXED:
        yield ApiError("This model does not support specifying dimensions.", "dimensions", None)
    limit = _DIMENSIONS[body["model"]]
    if body["dimensions"] > limit:
        text = (
            f"Invalid value for 'dimensions' = {body['dimensions']}. Must be less than or equal to {limit}."
        )
        yield ApiError(text, "dimensions", None)


def _input_errors(given: str | list[Any]) -> Iterator[ApiError]:
    texts = [given] if isinstance(given, str) else given
    if not all(isinstance(text, str) and text for text in texts):
        yield ApiError(
            "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference."
        )
    for index, text in enumerate(texts):
        if _tokens(text) > _MAX_TOKENS:
            yield ApiError(
                f"Invalid 'input[{index}]': maximum context length is {_MAX_TOKENS} tokens.", None, None
            )
    if sum(map(_tokens, texts)) > _MAX_REQUEST_TOKENS:
        yield ApiError(
            f"Requested tokens, max {_MAX_REQUEST_TOKENS} tokens per request", None, "max_tokens_per_request"
        )


def _tokens(text: str) -> int:
    return len(text) // _CHARS_PER_TOKEN + 1


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
