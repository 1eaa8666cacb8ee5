"""What a check is, and the registry. Filled in by the engine's author."""
