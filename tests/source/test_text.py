from __future__ import annotations

import io
import tokenize

import pytest

from rmwlint.source.text import Undecodable, decode, split_lines


@pytest.mark.parametrize("data", [
    b"x = 1\n", b"\xef\xbb\xbfx = 1\n", "x = 'ä'\n".encode(), "# -*- coding: latin-1 -*-\nx = 'ä'\n".encode("latin-1"),
    "#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nx = '€'\n".encode("cp1252"),
    "\n# coding: koi8-r\nx = 'ж'\n".encode("koi8-r"), b"\xef\xbb\xbf# coding: utf-8\nx = 1\n", b"",
    b"# coding: utf8\r\nx = 1\r\n", "# coding: euc-jp\nx = '日本'\n".encode("euc-jp"),
    "x = 1\n# coding: latin-1\ny = 'ä'\n".encode(), b"# coding: UTF_8\n", b"\x0c# coding: ascii\n",
])  # fmt: skip
def test_reads_what_python_reads(data: bytes) -> None:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    assert decode(data) == data.decode(encoding)


@pytest.mark.parametrize(("data", "said", "line"), [
    ("x = 1\ny = 'ä'\n".encode("latin-1"), "byte 0xe4 is not utf-8", 2),
    (b"x = 1\r\n\0\r\n", "null byte", 2),
    (b"x = 1\ry = 2\r\0", "null byte", 3),
    (b"# coding: klingon\nx = 1\n", "`klingon`, which is not a text encoding", 1),
    (b"# coding: hex\nx = 1\n", "`hex`, which is not a text encoding", 1),
    (b"# coding: rot13\nk = 1\n", "`rot13`, which is not a text encoding", 1),
    (b"\xef\xbb\xbf# coding: latin-1\n", "starts with a UTF-8 mark", 1),
    ("x = 'ä'\n".encode("utf-16"), "null byte", 1),
    (b"# coding: ascii\nx = '\xe4'\n", "byte 0xe4 is not ascii", 2),
])  # fmt: skip
def test_says_why_and_where_bytes_are_no_text(data: bytes, said: str, line: int) -> None:
    with pytest.raises(Undecodable, match=said) as caught:
        decode(data)
    assert caught.value.line == line


def test_lines_are_those_of_the_tokenizer() -> None:
    assert split_lines("a\nb\r\nc\rd\x0ce\u2028f\x85g") == ["a", "b", "c", "d\x0ce\u2028f\x85g"]
