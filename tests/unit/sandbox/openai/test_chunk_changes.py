"""Changes of single chunks."""

from sandbox.openai.chunk_changes import changed, each_choice, with_delta
from sandbox.openai.wire import Chunk

CHUNK = Chunk({"id": "1", "choices": [{"delta": {"content": "a"}}, {"delta": {}}]}, token=3)


def test_the_choices_of_a_copy_are_changed() -> None:
    """The original and the other fields stay the same."""
    found = changed(CHUNK, with_delta({"content": "b"}))

    assert (found.data or {})["choices"] == [{"delta": {"content": "b"}}] * 2
    assert (CHUNK.data or {})["choices"][0] == {"delta": {"content": "a"}}
    assert (found.token, (found.data or {})["id"]) == (3, "1")


def test_chunks_without_json_are_not_changed() -> None:
    """Nor are other steps of a stream."""
    raw = Chunk(raw=b"x")

    assert list(each_choice(with_delta({}))(iter([raw]))) == [raw]
