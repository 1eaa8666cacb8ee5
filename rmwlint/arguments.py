"""What can be written on the command line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from rmwlint import __version__
from rmwlint.report import FORMATS

_EXAMPLES = """\
examples:
  rmwlint check                      look at this folder
  rmwlint check --since origin/main  only at what this branch has changed
  rmwlint explain RMW104             what a violation means, what to do about it
  rmwlint check --diff               what would be fixed; `rmwlint fix` does it
"""

_CHECK_EXAMPLES = """\
examples:
  rmwlint check src tests/load.py
  rmwlint check --select RMW1,RMW301 --min-confidence high
  rmwlint check --output-format sarif --with-fixes > rmwlint.sarif
  cat app.py | rmwlint check --stdin-filename app.py -
"""


class _Narrow(argparse.RawDescriptionHelpFormatter):
    """Text as it is written, and options in a narrow column."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=26)

    def _format_action(self, action: argparse.Action) -> str:
        if isinstance(action, argparse._SubParsersAction):  # the commands alone, without a line above them
            return "".join(map(self._format_action, self._iter_indented_subactions(action)))
        return super()._format_action(action)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of a command line. Ends the process, as argparse does, where it is wrong or help."""
    parser = _parser()
    if "_ARGCOMPLETE" in os.environ:  # a shell wants to know what may come next
        import argcomplete

        argcomplete.autocomplete(parser)
    return parser.parse_args(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rmwlint",
        description="Find values that are read, changed and written back while others can write.",
        epilog=_EXAMPLES,
        formatter_class=_Narrow,
    )
    parser.add_argument("-V", "--version", action="version", version=f"rmwlint {__version__}")
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", prog="rmwlint", title="commands"
    )

    check = commands.add_parser(
        "check",
        help="check files and folders",
        description="Check files and folders. Exit code: 0 clean, 1 violations, 2 usage or internal error.",
        usage="rmwlint check [OPTION]... [PATH]...",
        epilog=_CHECK_EXAMPLES,
        formatter_class=_Narrow,
    )
    check.add_argument("paths", nargs="*", default=["."], metavar="PATH",
                       help="file, folder or `-` (standard input); default: here")  # fmt: skip
    check.add_argument("--output-format", choices=tuple(FORMATS), metavar="NAME", default="full",
                       help=f"{', '.join(FORMATS)} (default: full)")  # fmt: skip
    _add_selection(check)
    which = check.add_argument_group("which violations are shown")
    which.add_argument(
        "--since", metavar="REV", help="only those on lines changed since this revision of git"
    )
    old = which.add_mutually_exclusive_group()
    old.add_argument("--baseline", metavar="FILE", help="not those that `rmwlint baseline` wrote there")
    old.add_argument("--no-baseline", action="store_true", help="those of the settings' baseline too")
    check.add_argument("--stdin-filename", metavar="PATH", help="what standard input is to be taken for")
    check.add_argument("--statistics", action="store_true", help="count the violations of each code")
    check.add_argument("--fix", action="store_true", help="rewrite what can be fixed safely, report the rest")
    check.add_argument("--with-fixes", action="store_true", help="report the fix of each violation with it")
    _add_fixing(check)

    fix = commands.add_parser(
        "fix",
        help="rewrite files so that violations are gone",
        description="Rewrite files so that violations are gone. Exit code: 0 none left, 1 some left "
        "(with --diff: something would change), 2 usage or internal error.",
    )
    fix.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="file or folder")
    _add_selection(fix)
    _add_fixing(fix)
    fix.set_defaults(stdin_filename=None)

    prove = commands.add_parser(
        "prove",
        help="write a test that fails until a violation is mended",
        description="Write a pytest file that forces two actors into the interleaving of a violation and "
        "asserts that nothing is lost: it fails now, and passes once the violation is mended. Exit code: "
        "0 written, 2 there is no such violation, or one that no test can show.",
    )
    prove.add_argument("target", metavar="FILE:LINE", help="the violation, as `check` names it")
    prove.add_argument("--code", metavar="CODE", help="which of several")
    prove.add_argument(
        "-o", "--output", metavar="FILE",
        help="the test's file, or `-` for standard output (default: test_<code>_<function>.py here)",
    )  # fmt: skip
    prove.add_argument("--force", action="store_true", help="overwrite the file")
    prove.add_argument("--config", metavar="FILE", help="settings file (default: the nearest above the file)")

    baseline = commands.add_parser(
        "baseline",
        help="accept what there is, so that only what is new is shown",
        description="Write the violations that there are to a file, for `rmwlint check --baseline FILE`. "
        "Exit code: 0 done, 1 (with --compare) there is a difference, 2 usage or internal error.",
    )
    baseline.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="file or folder")
    baseline.add_argument(
        "-o", "--output", metavar="FILE", help="default: the settings' `baseline`, or rmwlint-baseline.json"
    )
    deed = baseline.add_mutually_exclusive_group()
    deed.add_argument("--prune", action="store_true", help="only take out what is gone")
    deed.add_argument("--compare", action="store_true", help="only say what is new and what is gone")
    _add_selection(baseline)
    baseline.set_defaults(stdin_filename=None)

    commands.add_parser(
        "server",
        help="serve an editor (LSP)",
        description="Serve an editor over standard input and output, in the Language Server Protocol.",
    )

    config = commands.add_parser(
        "config",
        help="show the settings that hold here, and where each comes from",
        description="Show the settings that hold for a path, and where each of them comes from.",
    )
    config.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="default: this folder")
    config.add_argument("--show", action="store_true", help="what it does anyhow")
    config.add_argument("--output-format", choices=("full", "json"), default="full")
    _add_selection(config)
    config.set_defaults(stdin_filename=None)

    completion = commands.add_parser(
        "completion",
        help="print what makes a shell complete the command line",
        description="Print what makes a shell complete the command line, for its start-up file.",
    )
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))

    explain = commands.add_parser("explain", help="say what a check looks for, and what to do about it")
    what = explain.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "word", nargs="?", metavar="CODE|NAME", help="RMW104, RMW1 for a family, lost-arithmetic"
    )
    what.add_argument("--all", action="store_true", help="every check")
    explain.add_argument(
        "--output-format", choices=("full", "markdown"), default="full", help="markdown makes a page of it"
    )

    listing = commands.add_parser("list", help="list all checks")
    listing.add_argument("--output-format", choices=("full", "json"), default="full")
    listing.add_argument(
        "--fixes",
        action="store_true",
        help="list what fixes rewrite and what the tests execute, as a Markdown table",
    )
    return parser


def _add_selection(parser: argparse.ArgumentParser) -> None:
    """What to look for, where and how: what ``check`` and ``fix`` both take."""
    what = parser.add_argument_group("what is looked for")
    what.add_argument(
        "--select", action="append", metavar="CODE", help="only these: codes, RMW1 for a family, names, ALL"
    )
    what.add_argument("--extend-select", action="append", metavar="CODE", help="these too")
    what.add_argument("--ignore", action="append", metavar="CODE", help="not these")
    what.add_argument("--min-confidence", choices=("low", "medium", "high"), metavar="LEVEL",
                      help="low, medium or high (default: medium)")  # fmt: skip
    where = parser.add_argument_group("where")
    where.add_argument(
        "--include-tests", action="store_true", default=None, help="check tests and migrations too"
    )
    how = parser.add_argument_group("how")
    how.add_argument("--config", metavar="FILE", help="settings file (default: the nearest one)")
    how.add_argument("--jobs", type=_positive, metavar="N", help="processes that may work (default: all)")
    how.add_argument("--no-cache", action="store_true", help="neither read nor write the cache")
    how.add_argument("--cache-dir", metavar="FOLDER", help="default: .rmwlint_cache in the project's root")


def _add_fixing(parser: argparse.ArgumentParser) -> None:
    """How far a fix may go."""
    parser.add_argument("--unsafe-fixes", action="store_true", help="fixes too that want a person's eye")
    parser.add_argument("--diff", action="store_true", help="show what would be fixed, write nothing")


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)
