"""Windows that end in something new: looked for and created, counted and numbered."""
