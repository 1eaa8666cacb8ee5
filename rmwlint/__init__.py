"""rmwlint finds unsafe read-modify-write in Python code."""

__version__ = "0.1.0"
