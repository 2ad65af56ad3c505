"""Kill anything: what a call loses of it."""
