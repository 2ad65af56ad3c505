"""One system for all whole calls; the stand-ins are quick ones that know what will be said."""

from collections.abc import Iterator

import pytest

from tests.e2e.running import Up, running_up


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A system whose recogniser is the oracle and whose voice is a tone that carries its text."""
    home = tmp_path_factory.mktemp("up") / "home"
    with running_up(home, PARLEY_SANDBOX_STT="oracle", PARLEY_SANDBOX_TTS="tone") as running:
        yield running
