"""What happens while a transaction is open, and row locks that are given back too soon."""
