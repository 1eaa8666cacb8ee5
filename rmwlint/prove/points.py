"""Where the printed interleaving changes from one actor to the other, as a stop in the source."""

from __future__ import annotations

import re

from rmwlint.prove.stops import WHOLE, Stop, stop_at, stops_of
from rmwlint.violation import Violation


def stop_of(violation: Violation) -> Stop:
    """The stop of both actors: after the read, or after what ends its guard.

    Where what was read came in from outside it is after the test, and without a test after the write.

    Raises UsageError where the function has no statement there.
    """
    stops = list(stops_of(violation.path, violation.function))
    stop = stop_at(violation.path, violation.function, _line(violation, stops))
    if re.match(r"(async )?with .*\bopen\(", stop.text):
        # what is opened is read in the block
        whole = next(one for one in stops if one.text == stop.text + WHOLE and one.first == stop.first)
        if not whole.first <= violation.line <= whole.last:
            return whole
    return stop


def _line(violation: Violation, stops: list[Stop]) -> int:
    lines = {line for stop in stops for line in range(stop.first, stop.last + 1)}
    own = [step for step in violation.steps if step.path == violation.path and step.span.line in lines]
    reads = [step.span.line for step in own if step.role == "read"]
    tests = [step.span.line for step in own if step.role == "decide"]
    first = next(iter(reads or tests), violation.line)
    return max([first, *(step.span.line for step in own if step.role == "hazard" and step.span.line > first)])
