"""JUnit's XML, as Jenkins, GitLab, Azure and others read it: every violation is a test that failed.

There is no standard; the result is valid by the schema of Jenkins's xUnit plugin, which is the strictest.
A run that finds nothing is one test that passed: a suite without tests is taken for one that did not run.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TextIO

from rmwlint.own import INTERNAL_ERROR
from rmwlint.report import told
from rmwlint.report.result import Result
from rmwlint.report.whereabouts import in_repository
from rmwlint.violation import Failure, Violation

#: What XML 1.0 cannot hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(result: Result, out: TextIO, *, colour: bool) -> None:
    """Write one test suite."""
    del colour
    counts = {
        "tests": str(max(len(result.violations) + len(result.failures), 1)),
        "failures": str(len(result.violations)),
        "errors": str(len(result.failures)),
    }
    root = ET.Element("testsuites", {"name": "rmwlint", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": "rmwlint", **counts})
    for violation in result.violations:
        _violation(suite, violation)
    for failure in result.failures:
        _failure(suite, failure)
    if not result.violations and not result.failures:
        ET.SubElement(suite, "testcase", {"classname": "rmwlint", "name": "no violations"})
    ET.indent(root)
    # only ASCII, the rest as references: right in whatever encoding the stream has
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(ET.tostring(root, encoding="us-ascii", xml_declaration=False).decode("ascii"))
    out.write("\n")


def _violation(suite: ET.Element, violation: Violation) -> None:
    path = in_repository(violation.path)
    span = violation.span
    case = ET.SubElement(suite, "testcase", {
        "classname": _text(path),
        "name": f"{violation.code} {violation.name} on line {span.line}, column {span.column}",
    })  # fmt: skip
    failure = ET.SubElement(case, "failure", {"type": violation.code, "message": _text(violation.message)})
    lines = [f"{path}:{span.line}:{span.column}: {violation.code} [{violation.confidence.label} confidence]"]
    lines += [
        f"{in_repository(step.path)}:{step.span.line}:{step.span.column}: {step.message}"
        for step in violation.steps
    ]
    parts = ("\n".join(lines), told.interleaving(violation), told.remedy(violation))
    failure.text = _text("\n\n".join(part for part in parts if part))


def _failure(suite: ET.Element, failure: Failure) -> None:
    where = in_repository(failure.path) if failure.path else "rmwlint"
    name = f"{INTERNAL_ERROR.code} {INTERNAL_ERROR.name} {failure.function}".rstrip()
    case = ET.SubElement(suite, "testcase", {"classname": _text(where), "name": _text(name)})
    error = ET.SubElement(case, "error", {"type": INTERNAL_ERROR.code, "message": _text(failure.message)})
    error.text = _text(failure.traceback)


def _text(text: str) -> str:
    return _NO_XML.sub(lambda found: f"\\x{ord(found[0]):02x}", told.encodable(text))
