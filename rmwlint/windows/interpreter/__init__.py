"""One function and its callees, interpreted in order: values, reads, writes and holds of each step."""
