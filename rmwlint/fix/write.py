"""A file replaced in one step: whoever reads it meanwhile sees the old text or the new one, never half."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile


class NotWritten(Exception):
    """The file was left as it is; the text says why."""


def replace_file(path: str, before: bytes, after: bytes) -> None:
    """Put ``after`` in the place of a file that still holds ``before``; links are followed, the mode is kept.

    Raises NotWritten where the file has changed, must not be written, or cannot be.
    """
    real = os.path.realpath(path)
    try:
        with open(real, "rb") as file:
            status = os.fstat(file.fileno())
            current = file.read()
    except OSError as error:
        raise NotWritten(f"it cannot be read any more: {error.strerror or error}") from None
    if current != before:
        raise NotWritten("it has changed since it was read")
    if not stat.S_IMODE(status.st_mode) & 0o222 or not os.access(real, os.W_OK):
        raise NotWritten("it is read-only")
    folder, name = os.path.split(real)
    try:
        number, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".rmwlint", dir=folder)
    except OSError as error:
        raise NotWritten(f"its folder cannot be written: {error.strerror or error}") from None
    try:
        with os.fdopen(number, "wb") as file:
            file.write(after)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        if hasattr(os, "chown"):
            with contextlib.suppress(OSError):  # only the owner's group can be kept, or root does it
                os.chown(temporary, status.st_uid, status.st_gid)
        with open(real, "rb") as again:
            if again.read() != before:
                raise NotWritten("it has changed since it was read")
        os.replace(temporary, real)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise NotWritten(f"it cannot be written: {error.strerror or error}") from None
    except NotWritten:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
