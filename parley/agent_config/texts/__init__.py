"""Default texts of an agent by language: one YAML file each, with the structure of the agent file."""
