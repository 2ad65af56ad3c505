"""Test cases of whole telephone calls, one YAML file each."""
