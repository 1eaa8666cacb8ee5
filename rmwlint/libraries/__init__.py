"""What library calls mean, as data."""
