"""One function and its callees interpreted into windows."""
