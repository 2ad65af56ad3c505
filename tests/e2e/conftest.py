"""One system for all whole calls, with fast emulators that have ground-truth transcripts."""

from collections.abc import Iterator

import pytest

from tests.e2e.running import Up, running_up


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """A system with ground-truth transcripts and tone-encoded synthesis."""
    home = tmp_path_factory.mktemp("up") / "home"
    with running_up(home, PARLEY_SANDBOX_STT="oracle", PARLEY_SANDBOX_TTS="tone") as running:
        yield running
