"""A process that reads documents, so that a file that exhausts memory or time cannot harm anything else.

Run as `python -m parley.knowledge.sources.worker MEMORY_MB`. It reads one JSON object per line from its input
and writes one per line.
"""

import dataclasses
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from parley.knowledge.document import UnreadableFile
from parley.knowledge.sources.reading import read_document

OUT_OF_MEMORY = UnreadableFile(
    "reading it needs too much memory", "split it, or save its text in another form"
)
TOO_DEEP = UnreadableFile("it is nested too deeply", "save its text in another form")


def handle(request: dict[str, Any]) -> dict[str, Any]:
    """Return a request's document, or the reason why it cannot be read."""
    try:
        document = read_document(
            Path(os.fsdecode(bytes.fromhex(request["path"]))),
            request["name"],
            request["language"],
            request["max_bytes"],
        )
    except UnreadableFile as error:
        return _failure(error)
    except MemoryError:
        return _failure(OUT_OF_MEMORY) | {"exit": True}
    except RecursionError:
        return _failure(TOO_DEEP)
    except OSError as error:
        return _failure(UnreadableFile(f"it cannot be read: {error.strerror}", "check its permissions"))
    except Exception as error:  # a defect of a parser concerns this file only
        return _failure(
            UnreadableFile(f"it cannot be read ({type(error).__name__})", "save its text in another form")
        )
    return dataclasses.asdict(document)


def _failure(error: UnreadableFile) -> dict[str, Any]:
    return {"reason": error.reason, "remedy": error.remedy}


def _limit_memory(megabytes: int) -> None:
    try:
        import resource  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return
    size = megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def main() -> None:
    """Answer requests until the end of the input."""
    _limit_memory(int(sys.argv[1]))
    logging.disable()
    for line in sys.stdin:
        answer = handle(json.loads(line))
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer to the parent process
        if answer.get("exit"):
            return


if __name__ == "__main__":
    main()
