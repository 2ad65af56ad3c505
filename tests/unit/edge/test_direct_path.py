"""Routes below the path of an edge's own address."""

from typing import Any

import pytest

from services.edge.direct_path import DirectPath, path_of


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://example.com/edge/edge-0", "/edge/edge-0"),
        ("https://example.com/edge/edge-0/", "/edge/edge-0"),
        ("https://example.com", ""),
        ("https://example.com/", ""),
        ("", ""),
    ],
)
def test_the_path_of_an_address(url: str, path: str) -> None:
    """A final slash makes no difference."""
    assert path_of(url) == path


@pytest.mark.parametrize(
    ("requested", "served"),
    [
        ("/edge/edge-1/twilio/stream", "/twilio/stream"),
        ("/twilio/stream", "/twilio/stream"),
        ("/edge/edge-10/twilio/stream", "/edge/edge-10/twilio/stream"),
        ("/edge/edge-1", "/edge/edge-1"),
        ("/other/edge/edge-1/voice", "/other/edge/edge-1/voice"),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_only_the_edges_own_path_is_removed(kind: str, requested: str, served: str) -> None:
    """The path of another edge is not found here, even if its name begins alike."""
    scopes: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        scopes.append(scope)

    scope = {"type": kind, "path": requested, "raw_path": requested.encode(), "query_string": b"a=1"}
    await DirectPath(app, "/edge/edge-1")(scope, None, None)  # type: ignore[arg-type] # never called

    assert scopes == [{**scope, "path": served, "raw_path": served.encode()}]
