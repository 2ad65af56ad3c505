"""The health check that runs in a container, without the settings library."""

import pytest

from parley.healthcheck import url_of


@pytest.mark.parametrize(
    ("argument", "environment", "url"),
    [
        ("", {"PARLEY_SERVICE": "edge"}, "http://127.0.0.1:8085/readyz"),
        ("", {"PARLEY_SERVICE": "stt", "PARLEY_STT_PORT": "9999"}, "http://127.0.0.1:9999/readyz"),
        ("8084", {}, "http://127.0.0.1:8084/readyz"),
        ("", {"PARLEY_SERVICE": "sandbox"}, "http://127.0.0.1:9001/sandbox/health"),
        ("http://127.0.0.1:9002/sandbox/health", {}, "http://127.0.0.1:9002/sandbox/health"),
    ],
)
def test_the_address_follows_from_the_service(argument: str, environment: dict[str, str], url: str) -> None:
    """The ports are the settings' defaults, unless the same variables change them."""
    assert url_of(argument, environment) == url


def test_an_unknown_service_is_named_as_the_problem() -> None:
    """The message names the variable."""
    with pytest.raises(ValueError, match="PARLEY_SERVICE"):
        url_of("", {})
