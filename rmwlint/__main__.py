"""``python -m rmwlint``."""

from rmwlint.cli import run

if __name__ == "__main__":
    run()
