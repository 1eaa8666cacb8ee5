"""Library models from TOML files to :class:`~rmwlint.libraries.index.Libraries`.

Parsing and checking the built-in files costs many times what the rest of the start-up does, so their rows
are kept in the cache folder, under a name made from the bytes of all files, the shape of the rows and the
interpreter's version. A run without a cache folder keeps those of the built-in files where the interpreter
keeps the bytecode of this package, if it does. A file that cannot be read is ignored and written anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rmwlint.errors import LibraryModelError
from rmwlint.libraries.index import Libraries, Rows
from rmwlint.libraries.model import AttributeModel, BaseModel, CallModel, TypeModel

#: Raise it whenever the rows that a file gives change, though the file does not.
FORMAT = 3

_Plain = tuple[Any, ...]


def load(paths: Sequence[Path] = (), *, builtin: bool = True, cache: Path | None = None) -> Libraries:
    """The built-in library models and those of ``paths``; later files win, name by name.

    ``cache``: a folder where parsed rows may be kept; it is made where missing.
    Raises LibraryModelError for a file that cannot be read or does not follow the schema.
    """
    built_in = _built_in() if builtin else {}
    users = {str(path): _bytes_of(path) for path in paths}
    digest = _digest(built_in, users)
    if cache is not None:
        kept: Path | None = cache / f"libraries-{digest[:32]}"
    else:
        kept = _beside_bytecode() if builtin and not users else None
    layers = _read_kept(kept, digest) if kept is not None else None
    if layers is None:
        layers = _parsed(built_in, users)
        if kept is not None:
            _keep(kept, digest, layers)
    return Libraries(layers)


def _beside_bytecode() -> Path | None:
    """A file among the bytecode of this package; None where the interpreter keeps none."""
    bytecode = None if __spec__ is None or sys.dont_write_bytecode else __spec__.cached
    return None if bytecode is None else Path(bytecode).with_suffix(".rows")


def _built_in() -> dict[str, bytes]:
    folder: Any = Path(__file__).parent
    if not folder.is_dir():
        # Imported out of a zip file. The import alone costs three times what reading all files does.
        import importlib.resources

        folder = importlib.resources.files("rmwlint.libraries")
    files = {entry.name: entry for entry in folder.iterdir() if entry.name.endswith(".toml")}
    return {name: files[name].read_bytes() for name in sorted(files)}


def _schema() -> bytes:
    """What makes rows of a file, as far as it can be read: a checkout's changes from one run to the next."""
    try:
        return Path(__file__).with_name("schema.py").read_bytes()
    except OSError:
        return b""


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LibraryModelError(f"{path}: cannot be read ({error.strerror or error})") from error


def _parsed(built_in: Mapping[str, bytes], users: Mapping[str, bytes]) -> list[Rows]:
    from rmwlint.libraries.schema import resolve, rows_of

    rows = {file: rows_of(_toml(content, file), file) for file, content in {**built_in, **users}.items()}
    resolve(rows)
    first = [rows[file] for file in built_in]
    merged = Rows(
        tuple(row for part in first for row in part.types),
        tuple(row for part in first for row in part.calls),
        tuple(row for part in first for row in part.attributes),
        tuple(row for part in first for row in part.bases),
        tuple(root for part in first for root in part.roots),
        tuple(root for part in first for root in part.threads),
        tuple(root for part in first for root in part.tasks),
        tuple(one for part in first for one in part.same),
    )
    return [merged, *(rows[file] for file in users)]


def _toml(content: bytes, file: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        parsed: dict[str, Any] = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise LibraryModelError(f"{file}: is not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise LibraryModelError(f"{file}: is not TOML: {error}") from error
    return parsed


def _digest(built_in: Mapping[str, bytes], users: Mapping[str, bytes]) -> str:
    digest = hashlib.blake2b(repr((FORMAT, sys.version_info, TypeModel._fields, CallModel._fields)).encode())
    for file, content in (*built_in.items(), ("", _schema()), *users.items()):
        digest.update(f"{file}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _read_kept(kept: Path, digest: str) -> list[Rows] | None:
    try:
        made_from, layers = marshal.loads(kept.read_bytes())
        if made_from != digest:
            return None
        return [
            Rows(
                tuple(map(TypeModel._make, types)),
                tuple(map(CallModel._make, calls)),
                tuple(map(AttributeModel._make, attributes)),
                tuple(map(BaseModel._make, bases)),
                roots,
                threads,
                tasks,
                same,
            )
            for types, calls, attributes, bases, roots, threads, tasks, same in layers
        ]
    except (OSError, ValueError, EOFError, TypeError):
        return None


def _keep(kept: Path, digest: str, layers: list[Rows]) -> None:
    plain: list[_Plain] = [
        (*(tuple(tuple(row) for row in table) for table in layer[:4]), *layer[4:]) for layer in layers
    ]
    # Another run may write the same file now; without a cache folder the run is slower, not wrong.
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        temporary = kept.with_name(f"{kept.name}.{os.getpid()}")
        temporary.write_bytes(marshal.dumps((digest, plain)))
        temporary.replace(kept)
