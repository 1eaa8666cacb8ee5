"""Facts as bytes and back.

``marshal`` is the fastest codec there is for tuples, strings and numbers, but it trusts its input and
its format may change with every Python. So a header says what the rest is, and its checksum is
compared before a byte of it is decoded.
"""

from __future__ import annotations

import marshal
import struct
import sys
import zlib
from typing import Any

from rmwlint.facts.model import FORMAT, Class, Function, Module, Parameter

_HEADER = struct.Struct("<4sHBBIQ")
_MAGIC = b"rmwf"
_HERE = (_MAGIC, FORMAT, *sys.version_info[:2])

# Building a NamedTuple from a tuple skips its slower keyword-friendly constructor.
_new_tuple = tuple.__new__
_PARAMS = Function._fields.index("params")
_FUNCTIONS = Module._fields.index("functions")


class UnusableFactsError(ValueError):
    """Bytes that are no facts of this format and this Python; compute the facts again."""


def dump(module: Module) -> bytes:
    """The module's facts as bytes for :func:`load`."""
    functions = []
    for function in module.functions:
        fields: list[Any] = list(function)
        fields[_PARAMS] = tuple(map(tuple, function.params))
        functions.append(tuple(fields))
    payload = marshal.dumps((*module[:_FUNCTIONS], tuple(functions), tuple(map(tuple, module.classes))))
    return _HEADER.pack(*_HERE, zlib.crc32(payload), len(payload)) + payload


def load(data: bytes) -> Module:
    """The facts that :func:`dump` made into these bytes.

    Raises UnusableFactsError where they are cut off, damaged, of another format or of another Python.
    """
    try:
        *made_by, checksum, size = _HEADER.unpack_from(data)
    except struct.error:
        raise UnusableFactsError("the header is cut off") from None
    if tuple(made_by) != _HERE:
        raise UnusableFactsError(f"made by {made_by!r}, not by {_HERE!r}")
    payload = memoryview(data)[_HEADER.size :]
    if len(payload) != size or zlib.crc32(payload) != checksum:
        raise UnusableFactsError("the contents are damaged")
    try:
        *plain, functions, classes = marshal.loads(payload)
        if len(plain) != _FUNCTIONS:
            raise ValueError("a module with other fields")
        return _new_tuple(
            Module,
            (
                *plain,
                tuple([_function(fields) for fields in functions]),
                tuple([_new_tuple(Class, fields) for fields in classes]),
            ),
        )
    except (EOFError, TypeError, ValueError) as error:
        raise UnusableFactsError(f"the contents are no facts: {error}") from error


def _function(fields: tuple[Any, ...]) -> Function:
    params = fields[_PARAMS]
    if params:
        params = tuple([_new_tuple(Parameter, param) for param in params])
        fields = (*fields[:_PARAMS], params, *fields[_PARAMS + 1 :])
    return _new_tuple(Function, fields)
