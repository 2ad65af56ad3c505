"""Stand-ins for the vendors, and people who call: a phone network on your desk."""
