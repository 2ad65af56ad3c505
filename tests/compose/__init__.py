"""The composed stack, built and run for real: `make compose-test`."""
