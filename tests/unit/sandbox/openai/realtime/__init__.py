"""Unit tests of the emulator of the Realtime API."""
