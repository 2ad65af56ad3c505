"""Knowledge: documents of a folder, stored as passages in Postgres, and the search for them."""
