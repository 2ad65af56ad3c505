"""Tests of the agent store with a bucket in memory; the real one: tests/integration/test_agent_store.py."""

from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from parley.agent_store import AgentBucket, AgentStore, Pointer, number_conflicts, version_of
from parley.errors import BusError, ConfigError

FILE, BUCKET = "prompt: from the file", "prompt: from the bucket"


class FakeBucket:
    """A bucket in memory, which may fail."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.pointers: dict[str, Pointer] = {}
        self.down = False
        self.writes = 0

    def set_current(self, name: str, text: str) -> None:
        """Store a version and make it current."""
        version = version_of(text) if text else ""
        self.texts[name, version] = text
        self.pointers[name] = Pointer(name, version, "", len(self.texts))

    async def current(self) -> dict[str, Pointer]:
        """The current pointers."""
        self._check()
        return dict(self.pointers)

    async def text(self, name: str, version: str) -> str | None:
        """The text of a version."""
        self._check()
        return self.texts.get((name, version))

    async def add(self, name: str, text: str, *, timeout_s: float) -> str:
        """Store a version."""
        assert timeout_s <= 1
        self.writes += 1
        self._check()
        self.texts[name, version_of(text)] = text
        return version_of(text)

    def _check(self) -> None:
        if self.down:
            raise BusError("down")


@pytest.fixture
def bucket() -> FakeBucket:
    """An empty bucket."""
    return FakeBucket()


@pytest.fixture
def store(tmp_path: Path, bucket: FakeBucket) -> AgentStore:
    """A store with the file `shop` and an empty bucket."""
    (tmp_path / "shop.yaml").write_text(FILE)
    return AgentStore(str(tmp_path), cast("AgentBucket", bucket))


async def test_the_bucket_comes_before_the_file(store: AgentStore, bucket: FakeBucket) -> None:
    """An agent that was removed from the bucket is the file's again."""
    assert store.current("shop").config.prompt == "from the file"

    bucket.set_current("shop", BUCKET)
    bucket.set_current("night", "prompt: Good night.")
    await store.refresh()
    assert store.current("shop").config.prompt == "from the bucket"
    assert store.names() == ("night", "shop")

    bucket.set_current("shop", "")
    await store.refresh()
    assert store.current("shop").config.prompt == "from the file"


async def test_a_call_keeps_the_version_of_an_edited_file(
    tmp_path: Path, store: AgentStore, bucket: FakeBucket
) -> None:
    """Another machine finds it in the bucket after a takeover."""
    agent = store.current("shop")
    await store.keep(agent)
    (tmp_path / "shop.yaml").write_text("prompt: edited")
    other = AgentStore(str(tmp_path), cast("AgentBucket", bucket))

    assert (await other.load("shop", agent.version)).prompt == "from the file"
    assert (await other.load("shop")).prompt == "edited"


async def test_each_version_is_stored_once(store: AgentStore, bucket: FakeBucket) -> None:
    """Later calls write nothing, and neither do those of a version that came from the bucket."""
    await store.keep_files()
    await store.keep(store.current("shop"))
    bucket.set_current("shop", BUCKET)
    await store.refresh()
    await store.keep(store.current("shop"))

    assert bucket.writes == 1


async def test_an_equal_file_needs_no_bucket(store: AgentStore, bucket: FakeBucket) -> None:
    """The version of a call is found on a machine with the same files even while the bucket is down."""
    bucket.down = True

    assert (await store.load("shop", version_of(FILE))).prompt == "from the file"


async def test_an_outage_leaves_the_last_version(store: AgentStore, bucket: FakeBucket) -> None:
    """A call starts although its version cannot be stored."""
    bucket.set_current("shop", BUCKET)
    await store.refresh()
    bucket.down = True

    with pytest.raises(BusError):
        await store.refresh()
    assert store.current("shop").config.prompt == "from the bucket"
    with capture_logs() as logs:
        await store.keep(store._files.load("shop"))
    assert [entry["event"] for entry in logs] == ["agent_version_not_stored"]


@pytest.mark.parametrize("down", [True, False])
async def test_a_version_that_is_lost_is_replaced(
    store: AgentStore, bucket: FakeBucket, *, down: bool
) -> None:
    """The call continues with the current version, and the log names both."""
    bucket.down = down
    with capture_logs() as logs:
        agent = await store.load("shop", "0123456789ab")

    assert agent.prompt == "from the file"
    missing: Any = next(entry for entry in logs if entry["event"] == "agent_version_missing")
    assert (missing["version"], missing["used_instead"]) == ("0123456789ab", version_of(FILE))


async def test_a_wrong_version_never_replaces_a_usable_one(store: AgentStore, bucket: FakeBucket) -> None:
    """It is reported once, as by a process of an older release that does not know a key."""
    bucket.set_current("shop", BUCKET)
    await store.refresh()
    bucket.set_current("shop", "unknown_key: 1")
    with capture_logs() as logs:
        await store.refresh()
        await store.refresh()

    assert store.current("shop").config.prompt == "from the bucket"
    assert [entry["event"] for entry in logs] == ["agent_version_refused"]


async def test_a_number_has_one_agent(tmp_path: Path) -> None:
    """If two files name it, the call is answered by the first, and the check and the log name both."""
    for name, number in (("b", "+15550100001"), ("a", "+15550100001"), ("c", "+15550100002")):
        (tmp_path / f"{name}.yaml").write_text(f"prompt: x\nnumbers: ['{number}']")
    (tmp_path / "wrong.yaml").write_text("numbers: ['+15550100002']")
    store = AgentStore(str(tmp_path))

    with capture_logs() as logs:
        found = [store.of_number(number) for number in ("+15550100001", "+15550100002", "+15550100003")]

    assert [agent.name if agent else "" for agent in found] == ["a", "c", ""]
    assert [entry["agents"] for entry in logs] == [["a", "b"]]
    agents = [store.current(name) for name in ("a", "b", "c")]
    assert number_conflicts(agents) == {"+15550100001": ("a", "b")}


async def test_a_store_without_a_bucket_has_the_files(tmp_path: Path) -> None:
    """An agent that does not exist is an error."""
    (tmp_path / "shop.yaml").write_text(FILE)
    store = AgentStore(str(tmp_path))
    await store.keep_files()

    assert await store.refresh() == {}
    assert (await store.load("shop")).prompt == "from the file"
    with pytest.raises(ConfigError, match=r"night\.yaml"):
        await store.load("night", "0123456789ab")
