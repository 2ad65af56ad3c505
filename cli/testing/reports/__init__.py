"""Reports of test runs: for a terminal, as JUnit XML, JSON and HTML."""
