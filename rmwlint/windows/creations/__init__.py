"""Windows that end in something new or gone: looked for and created, counted and numbered, deleted."""
