"""Tests of what answers in place of the edge."""

import httpx
import pytest

from cli.doctor.tunnels import describe_response


@pytest.mark.parametrize(
    ("response", "text", "no_server_behind"),
    [
        (httpx.Response(404, headers={"ngrok-error-code": "ERR_NGROK_3200"}), "the tunnel is offline", False),
        (httpx.Response(502, headers={"ngrok-error-code": "ERR_NGROK_8012"}), "reaches no edge", True),
        (httpx.Response(403, headers={"ngrok-error-code": "ERR_NGROK_734"}), "ERR_NGROK_734", False),
        (httpx.Response(530), "the tunnel is not connected", False),
        (httpx.Response(521), "the proxy reaches no edge", True),
        (httpx.Response(405), "POST is not allowed", False),
        (httpx.Response(418), "HTTP 418 in place of the edge's answer", False),
    ],
)
def test_a_response_is_explained(response: httpx.Response, text: str, no_server_behind: bool) -> None:
    """By its status, and by the headers of well-known tunnels."""
    found = describe_response(response, response.text)

    assert text in found.text
    assert found.no_server_behind == no_server_behind
    assert found.remedy


def test_the_title_of_a_page_names_the_program() -> None:
    """It is shortened, and may be absent."""
    page = httpx.Response(200, html=f"<html><TITLE lang=en>\n Grafana {'x' * 100}</TITLE>")

    assert "an HTML page (Grafana xxx" in describe_response(page, page.text).text
    assert "an HTML page in place" in describe_response(httpx.Response(200, html="<p>"), "<p>").text
