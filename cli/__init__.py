"""The `parley` command line: runs a system, makes simulated calls and inspects them."""
