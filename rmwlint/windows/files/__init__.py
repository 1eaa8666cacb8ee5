"""Windows on files: paths and whose they are, looks and acts, rewrites that a reader can see half of."""
