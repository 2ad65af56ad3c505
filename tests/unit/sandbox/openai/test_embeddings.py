"""The emulator's embeddings."""

import json
import math
from typing import Any

import pytest

from sandbox.openai.embeddings import EmbeddingsEndpoint, embedding

_BODY = {"model": "text-embedding-3-small", "input": ["late payment", "opening hours"]}


def _answer(body: Any) -> tuple[int, Any]:
    response = EmbeddingsEndpoint().create(body)
    return response.status_code, json.loads(bytes(response.body))


def test_a_vector_for_each_text() -> None:
    """In the order of the texts, with the model's length unless another is requested."""
    status, answer = _answer(_BODY)
    assert (status, answer["object"], answer["model"]) == (200, "list", _BODY["model"])
    assert [item["index"] for item in answer["data"]] == [0, 1]
    assert len(answer["data"][0]["embedding"]) == 1536
    assert len(_answer({**_BODY, "dimensions": 64})[1]["data"][0]["embedding"]) == 64
    assert isinstance(_answer({**_BODY, "encoding_format": "base64"})[1]["data"][0]["embedding"], str)
    assert answer["usage"]["total_tokens"] > 0


def test_similar_texts_are_close() -> None:
    """The cosine of similar texts is higher."""
    one, other, far = (embedding(text, 512) for text in ("late payments", "a late payment", "tv remote"))
    assert math.isclose(sum(value * value for value in one), 1)
    assert _cosine(one, other) > 0.5 > _cosine(one, far)


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"model": "gpt-4o"}, 404, "does not exist"),
        ({"input": ""}, 400, "input"),
        ({"input": []}, 400, "input"),
        ({"input": ["", "a"]}, 400, "invalid"),
        ({"input": 5}, 400, "expected"),
        ({"input": ["a"] * 2049}, 400, "input"),
        ({"input": "a" * 40_000}, 400, "maximum context length"),
        ({"dimensions": 0}, 400, "dimensions"),
        ({"dimensions": 1537}, 400, "less than or equal to 1536"),
        ({"model": "text-embedding-ada-002", "dimensions": 64}, 400, "does not support"),
        ({"encoding_format": "int8"}, 400, "int8"),
        ({"temperature": 1}, 400, "Unrecognized request argument"),
    ],
)
def test_refused_requests(change: dict[str, Any], status: int, text: str) -> None:
    """As strict as the provider."""
    got, answer = _answer({**_BODY, **change})
    assert (got, text in answer["error"]["message"]) == (status, True)


def test_required_parameters() -> None:
    """Both are named."""
    assert "model" in _answer({"input": "a"})[1]["error"]["message"]
    assert "input" in _answer({"model": "text-embedding-3-small"})[1]["error"]["message"]
    assert _answer([])[0] == 400
