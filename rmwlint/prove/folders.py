"""What is in a folder, as a value that two runs of a test can be compared by."""

from __future__ import annotations

from pathlib import Path


def tree(folder: Path) -> dict[str, bytes | None]:
    """The content of every file below the folder, by its path from there; None for a folder.

    What is there only so that it can be locked is left out.
    """
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if path.suffix not in (".lock", ".lck")
    }
