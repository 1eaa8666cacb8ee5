"""What keeps others out between a read and a write, and what only looks as if it did."""
