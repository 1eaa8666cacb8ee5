"""From violations to code that has none: the only room that imports libcst, and only when it fixes."""
