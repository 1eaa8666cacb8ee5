"""The page: whole, harmless and usable; in a browser where there is one."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rmwlint.violation import Applicability, Confidence, Edit, Fix, Span, Violation

Render = Callable[..., str]

_VOID = frozenset({"meta", "input", "wbr"})

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Element(NamedTuple):
    """An element, with its text and what stands in it."""

    tag: str
    attributes: dict[str, str]
    parts: list[Any]

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """Every element below of that tag, with those words in those attributes, in order."""
        found = []
        for part in self.parts:
            if isinstance(part, Element):
                if (not tag or part.tag == tag) and all(
                    word in part.attributes.get(name.rstrip("_"), "").split()
                    for name, word in attributes.items()
                ):
                    found.append(part)
                found += part.all(tag, **attributes)
        return found

    def one(self, tag: str = "", **attributes: str) -> Element:
        (found,) = self.all(tag, **attributes)
        return found


class Strict(HTMLParser):
    """Builds the tree; every element that is opened must be closed, in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stack = [Element("", {}, [])]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), attrs
        element = Element(tag, {name: value or "" for name, value in attrs}, [])
        self.stack[-1].parts.append(element)
        if tag not in _VOID:
            self.stack.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.stack[-1].parts.append(data)


def parsed(page: str) -> Element:
    """The tree of a page that has what every page must have."""
    assert page.startswith("<!DOCTYPE html>\n")
    assert page.isascii()
    parser = Strict()
    parser.feed(page)
    parser.close()
    assert len(parser.stack) == 1
    root = parser.stack[0].one("html")
    assert root.attributes["lang"] == "en"
    marks = Counter(element.attributes["id"] for element in root.all() if "id" in element.attributes)
    assert [mark for mark, count in marks.items() if count > 1] == []
    for element in root.all():
        for name, value in element.attributes.items():
            assert name not in ("src", "srcset", "style", "action") and not name.startswith("on")
            if name == "href" or name in ("for", "aria-labelledby"):
                assert value.removeprefix("#") in marks, value
            if name == "href":
                assert value.startswith("#"), value
    assert {element.tag for element in root.all()} & {"link", "img", "iframe", "object", "base"} == set()
    for control in root.all("input") + root.all("select"):
        if control.attributes.get("type") != "checkbox":
            assert root.all("label", for_=control.attributes["id"])
    policy = next(meta for meta in root.all("meta") if "http-equiv" in meta.attributes).attributes["content"]
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(root.one(tag).text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    return root


@pytest.fixture
def page(demo: Path, rmwlint: Callable[..., Any]) -> str:
    """The page of a real run."""
    text: str = rmwlint("check", "--no-cache", "--output-format", "html", str(demo)).out
    return text


def test_a_real_run(page: str, demo: Path) -> None:
    root = parsed(page)
    articles = root.all("article")
    assert len(articles) >= 5
    for article in articles:
        assert article.attributes["data-confidence"] in ("high", "medium")
        assert (demo.parents[1] / article.attributes["data-file"]).is_file()
        assert article.one("table", class_="lanes").all("div", class_="event")
        assert article.one("p", class_="remedy").text.startswith("Remedy")
        assert article.all("mark", class_="write") or article.all("mark", class_="hazard")
    assert {summary.text[:6] for summary in root.all("summary")} == {
        article.attributes["data-check"] for article in articles
    }
    counts = {
        box.attributes["value"]: label.one("span", class_="count").text
        for label in root.all("label")
        for box in label.all("input", name="check")
    }
    assert counts == {
        code: str(count) for code, count in Counter(a.attributes["data-check"] for a in articles).items()
    }


SOURCE = "def f():\n    a = g(x)\n    b = 1\n\n\n\n\n\n    a.save()\n"

LOST = Violation(
    code="RMW104",
    name="lost-arithmetic",
    message="`a.n` is lost",
    path="a.py",
    span=Span(9, 5, 9, 13),
    function="f",
    confidence=Confidence.MEDIUM,
    place="a.n",
    interleaving=(("A", "reads `a.n`"), ("B", "writes    A's update is lost")),
    remedy="lock it",
)


def test_the_frame_and_the_lanes(render: Render) -> None:
    from rmwlint.violation import Step

    steps = (
        Step("decide", "a.py", Span(2, 9, 2, 13), "decided here"),
        Step("read", "a.py", Span(2, 11, 2, 12), "read here"),
        Step("lock", "b.py", Span(1, 1, 2, 2), "held there"),
        Step("write", "a.py", Span(9, 5, 9, 13), "written here"),
    )
    root = parsed(
        render("html", LOST._replace(steps=steps), sources={"a.py": SOURCE, "b.py": "with (\n  l):"})
    )
    here, there = root.all("figure")
    assert [line.text for line in here.all("div", class_="line")] == [
        "1def f():", "2    a = g(x)", "3    b = 1", "8", "9    a.save()", "10"
    ]  # fmt: skip
    assert [(mark.attributes["class"], mark.text) for mark in here.all("mark")] == [
        ("decide", "g("), ("read", "x"), ("decide", ")"), ("write", "a.save()")
    ]  # fmt: skip
    assert [
        (note.one("span", class_="unseen").text, note.one("span", class_="said").text)
        for note in here.all("div", class_="note")
    ] == [("    a = ", "decided here"), ("    a = g(", "read here"), ("    ", "written here")]
    assert len(here.all("div", class_="gap")) == 1
    assert there.one("figcaption").text == "b.py"
    assert there.one("mark").text == "with ("
    rows = root.one("table").all("tr")
    assert [[cell.text for cell in row.all("td")] for row in rows[1:]] == [
        ["reads a.n", ""], ["", "writesA's update is lost"]
    ]  # fmt: skip
    assert rows[2].one("span", class_="outcome").text == "A's update is lost"
    assert [head.text for head in rows[0].all("th", scope="col")] == ["A", "B"]


def test_a_fix_is_shown_as_a_change(render: Render) -> None:
    fix = Fix(
        Applicability.SAFE,
        "use `F`",
        (
            Edit("a.py", Span(2, 9, 2, 13), "h(\n    x,\n)"),
            Edit("a.py", Span(9, 1, 10, 1), ""),
            Edit("a.py", Span(99, 1, 99, 1), "x"),
        ),
    )
    root = parsed(render("html", LOST._replace(fix=fix), sources={"a.py": SOURCE}))
    assert [row.text for row in root.all(class_="row")] == [
        "a.py", " def f():", "-    a = g(x)", "+    a = h(", "+    x,", "+)", "     b = 1",
        "a.py", " ", "-    a.save()", " ",
    ]  # fmt: skip
    assert root.one("span", class_="kind").text == "safe"


def test_odd_input(render: Render, odd: Any) -> None:
    root = parsed(render("html", *odd.violations, sources=odd.sources, failures=odd.failures))
    first, *_, bare = root.all("article")
    assert len(root.all("article")) == 5
    assert len(root.all("script")) == 1
    assert first.attributes["data-file"] == odd.violations[0].path
    assert "</script> <b>\U0001f600 'q' \"q\" [link](1)" in first.one("h3").text
    assert "\u241b[31m\u2400]]>" in first.one("h3").text
    assert bare.all("table") == []
    assert len(root.all("section", class_="failure")) == 2


def test_a_clean_run(render: Render) -> None:
    root = parsed(render("html", sources={"a.py": "", "b.py": ""}))
    assert root.one("title").text == "rmwlint: no violations in 2 files"
    assert root.one("p", class_="clean").text == "Nothing to report."
    assert root.all("form") == root.all("article") == []


def test_a_very_long_line_does_not_make_the_page_large(render: Render) -> None:
    line = "x = [" + "1, " * 500_000 + "save()]"
    far = LOST._replace(span=Span(1, len(line) - 6, 1, len(line)), path="a.py")
    near = LOST._replace(span=Span(1, 1, 1, 2))
    for violation, marked in ((near, "x"), (far, "save()")):
        page = render("html", violation, sources={"a.py": line})
        assert len(page) < 100_000
        assert parsed(page).one("mark").text == marked


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
class TestBrowser:
    def load(self, page: str, tmp_path: Path, script: str = "", fragment: str = "") -> Element:
        """The page after it was loaded, and after a script that does what a person would."""
        if script:
            # what plays the person is no part of the page, so its policy is lifted
            page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
            page = page.replace("</body>", f"<script>{script}</script></body>")
        file = tmp_path / "page.html"
        file.write_text(page)
        assert CHROMIUM is not None
        run = subprocess.run(
            [
                CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--virtual-time-budget=2000", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
                file.as_uri() + fragment,
            ],
            capture_output=True, encoding="utf-8", timeout=120, env={**os.environ, "HOME": str(tmp_path)},
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        parser = Strict()
        parser.feed(run.stdout)
        return parser.stack[0].one("html")

    def visible(self, root: Element) -> list[str]:
        return [
            article.attributes["data-check"]
            for article in root.all("article")
            if "hidden" not in article.attributes
        ]

    def test_its_own_policy_lets_its_script_run(self, page: str, tmp_path: Path) -> None:
        root = self.load(page, tmp_path)
        assert root.attributes["class"] == "js"
        assert root.one("output").text == f"All {len(root.all('article'))} shown"

    def test_the_filter(self, page: str, tmp_path: Path) -> None:
        root = self.load(page, tmp_path, """
            document.querySelector('input[value="RMW406"]').click();
        """)  # fmt: skip
        everything = [article.attributes["data-check"] for article in root.all("article")]
        assert self.visible(root) == [code for code in everything if code == "RMW406"] != []
        assert root.one("output").text == f"{everything.count('RMW406')} of {len(everything)} shown"
        assert [
            g.one("span", class_="count").text
            for g in root.all("section", class_="group")
            if "hidden" not in g.attributes
        ]

    def test_the_search(self, page: str, tmp_path: Path) -> None:
        root = self.load(page, tmp_path, """
            const search = document.getElementById("search");
            search.value = "RESERVE product.stock";
            search.dispatchEvent(new Event("input", {bubbles: true}));
        """)  # fmt: skip
        assert self.visible(root) == ["RMW104"]

    def test_nothing_matches_and_everything_comes_back(self, page: str, tmp_path: Path) -> None:
        script = """
            const search = document.getElementById("search");
            search.value = "no such words";
            search.dispatchEvent(new Event("input", {bubbles: true}));
        """
        root = self.load(page, tmp_path, script)
        assert self.visible(root) == []
        assert "hidden" not in root.one(id="nothing").attributes
        root = self.load(page, tmp_path, f"{script} document.getElementById('again').click();")
        assert len(self.visible(root)) == len(root.all("article"))
        assert "hidden" in root.one(id="nothing").attributes

    def test_grouping(self, page: str, tmp_path: Path) -> None:
        root = self.load(page, tmp_path, """
            const group = document.getElementById("group");
            group.value = "check";
            group.dispatchEvent(new Event("input", {bubbles: true}));
        """)  # fmt: skip
        groups = root.all("section", class_="group")
        titles = [group.one("h2").one("span", class_="title").text for group in groups]
        assert titles == sorted(set(titles))
        for group, title in zip(groups, titles):
            codes = {article.attributes["data-check"] for article in group.all("article")}
            assert codes == {title[:6]}
            assert group.one("h2").one("span", class_="count").text == str(len(group.all("article")))

    def test_the_keyboard(self, page: str, tmp_path: Path) -> None:
        root = self.load(page, tmp_path, """
            const press = (key) => document.activeElement.dispatchEvent(
                new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
            const seen = [];
            for (const key of ["j", "j", "k", "/", "j"]) {
                press(key);
                seen.push(document.activeElement.id);
            }
            document.title = seen.join(" ");
        """)  # fmt: skip
        first, second = (article.attributes["id"] for article in root.all("article")[:2])
        assert root.one("title").text.split() == [first, second, first, "search", "search"]

    def test_a_link_to_a_check_opens_it(self, page: str, tmp_path: Path) -> None:
        root = self.load(page, tmp_path, "document.querySelector('a[href=\"#check-RMW104\"]').click();")
        assert "open" in root.one("details", id="check-RMW104").attributes

    def test_odd_input(self, render: Render, odd: Any, tmp_path: Path) -> None:
        text = render("html", *odd.violations, sources=odd.sources, failures=odd.failures)
        root = self.load(text, tmp_path)
        assert root.one("output").text == "All 5 shown"
        assert root.all("article")[0].attributes["data-file"] == odd.violations[0].path
