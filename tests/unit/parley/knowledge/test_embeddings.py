"""Requests for embeddings."""

import httpx2
import pytest

from parley.knowledge.embeddings import EmbeddingFailed, EmbeddingModel, batches, embed_all, embed_query

_MODEL = EmbeddingModel("m", 0, "http://server/v1/", "key")


def _client(*responses: httpx2.Response | Exception) -> tuple[httpx2.AsyncClient, list[httpx2.Request]]:
    """Return a client that gets prepared responses, and its requests."""
    requests: list[httpx2.Request] = []
    left = list(responses)

    def respond(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        response = left.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    return httpx2.AsyncClient(transport=httpx2.MockTransport(respond)), requests


def _vectors(*vectors: list[float]) -> httpx2.Response:
    data = [{"index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    return httpx2.Response(200, json={"data": list(reversed(data))})


async def test_vectors_are_returned_in_the_order_of_the_texts() -> None:
    client, [*requests] = _client(_vectors([1.0, 0.0], [0.0, 1.0]))
    assert await embed_all(client, _MODEL, ["a", "b"]) == [[1.0, 0.0], [0.0, 1.0]]
    assert requests == []


async def test_the_request() -> None:
    client, requests = _client(_vectors([1.0]))
    await embed_query(client, EmbeddingModel("m", 5, "http://server/v1/", "key"), "a")
    assert str(requests[0].url) == "http://server/v1/embeddings"
    assert requests[0].headers["authorization"] == "Bearer key"
    assert b'"dimensions":5' in requests[0].content.replace(b" ", b"")


async def test_a_temporary_failure_is_retried_for_passages_only() -> None:
    client, requests = _client(httpx2.Response(503), _vectors([1.0]))
    assert await embed_all(client, _MODEL, ["a"]) == [[1.0]]
    assert len(requests) == 2
    client, requests = _client(httpx2.ConnectError("refused"))
    with pytest.raises(EmbeddingFailed, match="ConnectError"):
        await embed_query(client, _MODEL, "a")


@pytest.mark.parametrize(
    "response",
    [
        httpx2.Response(401, json={"error": {"message": "wrong key"}}),
        httpx2.Response(200, json={"data": []}),
        httpx2.Response(200, json={}),
        httpx2.Response(200, text="hello"),
        httpx2.Response(200, json={"data": [{"index": 0, "embedding": []}]}),
        httpx2.Response(200, json={"data": [{"index": 0, "embedding": [0.1] * 5000}]}),
    ],
)
async def test_unusable_responses(response: httpx2.Response) -> None:
    client, requests = _client(response)
    with pytest.raises(EmbeddingFailed, match="http://server/v1/embeddings"):
        await embed_all(client, _MODEL, ["a"])
    assert len(requests) == 1


def test_texts_are_sent_in_batches() -> None:
    assert list(batches([])) == []
    assert list(batches(["a"] * 65)) == [range(64), range(64, 65)]
    assert [len(batch) for batch in batches(["x" * 8000] * 16)] == [7, 7, 2]
