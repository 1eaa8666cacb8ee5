"""From what people write (a code, the beginning of one, a name) to the codes that are meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from rmwlint.own import OWN_CODES


class Described(Protocol):
    """What can be listed, explained and selected: a check, or a code of rmwlint's own."""

    @property
    def code(self) -> str:
        """``RMW104``."""

    @property
    def name(self) -> str:
        """``lost-arithmetic``."""

    @property
    def since(self) -> str:
        """The version that brought it."""

    @property
    def doc(self) -> str:
        """The text of ``explain``; its first line is the title."""

    @property
    def default(self) -> bool:
        """Whether it is on when nothing is selected."""


class UnknownCode(Exception):
    """Its text says which word is no code, and what comes nearest."""


def all_codes() -> dict[str, Described]:
    """Every check and own code, in the order of the codes."""
    from rmwlint.check import registry

    described: dict[str, Described] = {**registry(), **OWN_CODES}
    return dict(sorted(described.items()))


def resolve(words: Iterable[str], known: Mapping[str, Described]) -> frozenset[str]:
    """The codes that the words mean; ``ALL`` means every one. Raises UnknownCode for one that means none."""
    codes: set[str] = set()
    for word in words:
        found = meant_by(word, known)
        if not found:
            raise UnknownCode(f"`{word}` is no code or name of a check{nearest(word, known)}")
        codes |= found
    return frozenset(codes)


def meant_by(word: str, known: Mapping[str, Described]) -> frozenset[str]:
    """The codes that one word means; none where it means nothing."""
    upper = word.upper()
    if upper == "ALL":
        return frozenset(known)
    if upper.startswith("RMW"):
        return frozenset(code for code in known if code.startswith(upper))
    name = word.lower().replace("_", "-")
    return frozenset(described.code for described in known.values() if described.name == name)


def nearest(word: str, known: Mapping[str, Described]) -> str:
    """A half sentence that names what the word may have meant; empty where nothing comes near."""
    import difflib  # only a mistake needs it

    words = {described.name: described.name for described in known.values()}
    words |= {code.lower(): code for code in known}
    close = difflib.get_close_matches(word.lower(), words, n=1)
    return f"; did you mean `{words[close[0]]}`?" if close else "; `rmwlint list` shows all of them"
