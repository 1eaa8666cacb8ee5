"""Bytes to text, the way Python itself reads a source file.

A file is UTF-8 unless a byte order mark or a coding comment in its first two lines (PEP 263)
says otherwise.
"""

from __future__ import annotations

import codecs
import re

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:[#\r\n]|$)")


class Undecodable(Exception):
    """The bytes are not text in the encoding that they claim. Its text says why, ``line`` says where."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.line = line


def decode(data: bytes) -> str:
    """The text of a source file, without its byte order mark; newlines are kept as they are.

    Raises Undecodable where the bytes contain a null, or do not fit the encoding.
    """
    null = data.find(b"\0")
    if null >= 0:
        raise Undecodable("it contains a null byte, so it is not Python source", _line_of(data, null))
    encoding = encoding_of(data)
    start = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    try:
        return data[start:].decode(encoding)
    except UnicodeDecodeError as error:
        line = _line_of(data, error.start + start)
        wrong = data[error.start + start]
        raise Undecodable(
            f"byte 0x{wrong:02x} is not {encoding}; save the file as UTF-8, or name its encoding in a "
            "`# -*- coding: ... -*-` comment on the first line",
            line,
        ) from None
    except (LookupError, UnicodeError, ValueError):
        # a name that Python knows, but not as a text encoding (hex, rot13), or an unknown one
        raise Undecodable(f"its coding comment names `{encoding}`, which is not a text encoding") from None


def split_lines(text: str) -> list[str]:
    """The lines of a source, cut where Python's tokenizer counts a new line, without their ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def encoding_of(data: bytes) -> str:
    """The encoding of a source file. Raises Undecodable where what it claims contradicts its mark."""
    marked = data.startswith(codecs.BOM_UTF8)
    first, second = _first_two_lines(data[3:] if marked else data)
    found = _COOKIE.match(first)
    if found is None and _BLANK.match(first):
        found = _COOKIE.match(second)
    if found is None:
        return "utf-8"
    name = found[1].decode("ascii")
    plain = name.lower().replace("_", "-")
    if plain == "utf-8" or plain.startswith("utf-8-"):
        return "utf-8"
    if marked:
        raise Undecodable(f"it starts with a UTF-8 mark, but its coding comment names `{name}`")
    return name


def _first_two_lines(data: bytes) -> tuple[bytes, bytes]:
    lines = data[:2048].splitlines()[:2]
    lines += [b"", b""]
    return lines[0], lines[1]


def _line_of(data: bytes, offset: int) -> int:
    head = data[:offset]
    return head.count(b"\n") + head.count(b"\r") - head.count(b"\r\n") + 1
