"""Tests for the phrases by which callers listen, agree or ask to wait."""
