"""Where the printed interleaving changes from one actor to the other, as a stop in the source."""

from __future__ import annotations

import re

from rmwlint.prove.stops import WHOLE, Stop, stop_at, stops_of
from rmwlint.violation import Violation


def stop_of(violation: Violation) -> Stop:
    """The stop of both actors: after the read, or after what ends its guard; without a read, after the write.

    Raises UsageError where the function has no statement there.
    """
    stop = stop_at(violation.path, violation.function, _line(violation))
    if re.match(r"(async )?with .*\bopen\(", stop.text):
        # what is opened is read in the block
        blocks = stops_of(violation.path, violation.function)
        whole = next(one for one in blocks if one.text == stop.text + WHOLE and one.first == stop.first)
        if not whole.first <= violation.line <= whole.last:
            return whole
    return stop


def _line(violation: Violation) -> int:
    own = [step for step in violation.steps if step.path == violation.path]
    reads = [step.span.line for step in own if step.role == "read"]
    if not reads:
        return violation.line
    later = [step.span.line for step in own if step.role == "hazard" and step.span.line > reads[0]]
    return max([reads[0], *later])
