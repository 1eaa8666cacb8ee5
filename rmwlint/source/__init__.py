"""Which files, bytes to text to trees; suppressions."""
