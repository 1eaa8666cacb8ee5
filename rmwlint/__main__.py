"""``python -m rmwlint``."""

from rmwlint.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
