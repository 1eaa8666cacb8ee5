"""XML that a parser takes, by the schema of Jenkins's xUnit plugin."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xmlschema

Render = Callable[..., str]


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(Path(__file__).parent / "schemas/junit-10.xsd")


def checked(text: str, schema: xmlschema.XMLSchema) -> ET.Element:
    """The one suite of a report, once the schema has taken it and its counts are right."""
    schema.validate(text)
    root = ET.fromstring(text)
    (suite,) = root
    for element in (root, suite):
        assert int(element.attrib["tests"]) == len(suite)
        assert int(element.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(element.attrib["errors"]) == len(suite.findall("testcase/error"))
    return suite


def test_a_real_run(demo: Path, rmwlint: Callable[..., Any], schema: xmlschema.XMLSchema) -> None:
    suite = checked(rmwlint("check", "--no-cache", "--output-format", "junit", str(demo)).out, schema)
    assert len(suite) >= 5
    for case in suite:
        assert (demo.parents[1] / case.attrib["classname"]).is_file()
        assert case.attrib["name"].startswith("RMW")
        assert "\nA: " in (case[0].text or "")


def test_odd_input(render: Render, odd: Any, schema: xmlschema.XMLSchema) -> None:
    text = render("junit", *odd.violations, sources=odd.sources, failures=odd.failures)
    suite = checked(text, schema)
    assert text.isascii()
    assert len(suite) == 7
    message = suite[0][0].attrib["message"]
    assert message.startswith("line one\r\nline % two\n\\x1b[31m\\x00]]> </script> <b>\U0001f600 'q' \"q\"")
    assert suite[0].attrib["classname"] == odd.violations[0].path
    assert suite[-1].attrib == {"classname": "rmwlint", "name": "RMW903 internal-error"}


def test_a_clean_run_is_a_test_that_passed(render: Render, schema: xmlschema.XMLSchema) -> None:
    (case,) = checked(render("junit", sources={"a.py": ""}), schema)
    assert case.attrib["name"] == "no violations"
    assert len(case) == 0
