"""One module's tree to its facts: imports, classes, functions as a linear IR."""
