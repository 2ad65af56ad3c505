"""Programs that are no MCP servers; the first argument is the fault."""

import sys


def main(fault: str) -> None:
    """End at once, do not respond, or print anything but messages."""
    if fault == "absent":
        sys.exit("ModuleNotFoundError: No module named 'clinic'")
    if fault == "noise":
        sys.stdout.write("noise\n" * 500)
        sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
