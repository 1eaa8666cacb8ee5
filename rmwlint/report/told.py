"""A violation told in plain text, for formats that have one field for all there is to say."""

from __future__ import annotations

import re

from rmwlint.violation import Violation

_SURROGATE = re.compile("[\ud800-\udfff]")


def whole(violation: Violation) -> str:
    """Message, interleaving and remedy, with empty lines between."""
    parts = (violation.message, interleaving(violation), remedy(violation))
    return "\n\n".join(part for part in parts if part)


def interleaving(violation: Violation) -> str:
    """One line a row, the actor first; empty where the violation has none."""
    return "\n".join(f"{actor}: {' — '.join(said(text))}" for actor, text in violation.interleaving)


def said(text: str) -> list[str]:
    """What a row says, and what comes of it: the two stand apart by some blanks."""
    return re.split(r" {2,}", text.strip(), maxsplit=1)


def remedy(violation: Violation) -> str:
    """The fix, where there is one, else the remedy in a line."""
    if violation.fix is not None:
        return f"Fix ({violation.fix.applicability.value}): {violation.fix.message}"
    return f"Remedy: {violation.remedy}" if violation.remedy else ""


def encodable(text: str) -> str:
    """The text without what no encoding of Unicode has: bytes of a path that were no text."""
    return _SURROGATE.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", text)
