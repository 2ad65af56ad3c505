"""Every installed provider in the conformance suite, before its emulator: `make conformance`."""
