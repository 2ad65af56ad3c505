"""A rolling restart of each stage during calls, as the Helm chart does it."""
