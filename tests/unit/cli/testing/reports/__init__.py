"""Tests of the reports of test runs."""
