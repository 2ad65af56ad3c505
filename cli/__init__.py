"""The `parley` command line: runs a system, holds simulated calls and inspects them."""
