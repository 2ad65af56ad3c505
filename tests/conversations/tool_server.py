"""An MCP server without dependencies, for conversations with tools that are slow, fail or end."""

import json
import os
import sys
import threading
import time
from typing import Any

SCHEMA = {
    "type": "object",
    "properties": {"day": {"type": "string"}, "takes_s": {"type": "number"}},
}
NAMES = ("find_slots", "book", "fail", "die")
LOCK = threading.Lock()


def send(message: dict[str, Any]) -> None:
    """Write a message."""
    with LOCK:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def call(request: dict[str, Any]) -> None:
    """Run a tool; `takes_s` is how long it takes."""
    name, arguments = request["params"]["name"], request["params"].get("arguments", {})
    time.sleep(arguments.get("takes_s", 0))
    if name == "die":
        os._exit(1)
    content = [
        {"type": "text", "text": "the calendar is closed" if name == "fail" else f"{name}: four o'clock"}
    ]
    send({"id": request["id"], "result": {"content": content, "isError": name == "fail"}})


def respond(request: dict[str, Any]) -> None:
    """Answer a request of the client."""
    match request["method"]:
        case "initialize":
            result = {
                "protocolVersion": request["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "clinic", "version": "1"},
            }
        case "tools/list":
            tools = [{"name": name, "description": f"{name}.", "inputSchema": SCHEMA} for name in NAMES]
            result = {"tools": tools}
        case "tools/call":
            threading.Thread(target=call, args=(request,), daemon=True).start()
            return
        case method:
            send({"id": request["id"], "error": {"code": -32601, "message": f"no method {method}"}})
            return
    send({"id": request["id"], "result": result})


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message and "method" in message:
        respond(message)
