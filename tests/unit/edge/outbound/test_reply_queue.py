"""The replies of a call that may still be played."""

from services.edge.outbound.reply_queue import ReplyQueue


def test_replies_are_played_in_the_order_in_which_they_were_started() -> None:
    """A repeated start changes nothing."""
    queue = ReplyQueue()
    for reply_id in ("r1", "r2", "r1"):
        queue.start(reply_id, speculative=reply_id == "r1", filler=False)

    assert [(reply.reply_id, reply.speculative) for reply in queue] == [("r1", True), ("r2", False)]


def test_a_reply_that_has_ended_stays_ended() -> None:
    """Audio and events may arrive late; a reply that is cancelled before its start never starts."""
    queue = ReplyQueue()
    queue.finish("r1")
    queue.start("r1", speculative=False, filler=False)
    queue.reply("r1").receive(0, b"x", last=False, now_ms=0)

    assert queue.is_done("r1")
    assert queue.get("r1") is None
    assert (list(queue), len(queue)) == ([], 0)


def test_the_memory_is_bounded() -> None:
    """The ids of the replies that ended last are known."""
    queue = ReplyQueue()
    for number in range(10_000):
        queue.start(f"r{number}", speculative=False, filler=False)
        queue.finish(f"r{number}")

    assert queue.is_done("r9999")
    assert queue.is_done("r9800")
    assert not queue.is_done("r1")
