"""The command line. A thin door: it reads the arguments, asks the runner, and lets a format write.

Nothing is imported before it is known to be needed: ``--version`` and a mistyped option answer at once.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence
    from typing import NoReturn, TextIO

    from rmwlint.codes import Described
    from rmwlint.config import Settings
    from rmwlint.report.result import Result
    from rmwlint.request import Request

_INTERRUPTED = 130

#: A longer setting does not decide where the others' origins stand.
_NARROW = 48


def run() -> NoReturn:
    """Run one command as a process of its own, and end it.

    Looking for cycles among what a run has built, and taking it apart piece by piece at the end, would cost a
    fifth of the run.
    """
    import gc

    gc.disable()
    try:
        code = main()
    except Exception:  # a mistake of ours: Python's own exit code would say that violations were found
        import traceback

        traceback.print_exc()
        code = 2
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or 1  # the reader has gone
    except ValueError:
        pass  # closed: all has been written
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the arguments of the process are used without ``argv``.

    Returns the exit code: 0 clean, 1 violations, 2 wrong usage or an internal error, 130 interrupted.
    """
    arguments = sys.argv[1:] if argv is None else list(argv)
    if arguments in (["--version"], ["-V"]):
        from rmwlint import __version__

        print(f"rmwlint {__version__}")
        return 0
    try:
        return _command(arguments)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        return 1  # the reader has gone (`rmwlint … | head`) before all violations were written


def _command(arguments: list[str]) -> int:
    from rmwlint.errors import RmwlintError

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # a path or a source line can hold what the terminal's encoding cannot show
            stream.reconfigure(errors="backslashreplace")
    try:
        from rmwlint.arguments import parse

        options = parse(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2
    try:
        command = _COMMANDS[options.command]
        code = command(options)
        if not sys.stdout.closed:  # a server closes it
            sys.stdout.flush()
        return code
    except RmwlintError as error:
        print(f"rmwlint: {error}", file=sys.stderr)
        return 2


def _check(options: argparse.Namespace) -> int:
    from rmwlint.report import DOCUMENTS, format_named
    from rmwlint.runner import run

    request = _request(options)
    if options.diff:
        return _write_diff(request, options)
    narrow = _narrowing(options, request)
    if options.fix:
        from rmwlint.fix.run import counted, fix

        outcome = fix(request, unsafe=options.unsafe_fixes, write=True)
        print(f"rmwlint: {counted(outcome, written=True)}", file=sys.stderr)
        result = outcome.result
    elif options.with_fixes:
        from rmwlint.fix.run import with_fixes

        result = with_fixes(request)
    else:
        result = run(request)
    if not result.files:
        print(f"rmwlint: no Python files to check under {', '.join(options.paths)}.", file=sys.stderr)
    result = narrow(result)
    format_named(options.output_format).write(result, sys.stdout, colour=_shows_colour(sys.stdout))
    if options.statistics:
        _write_statistics(result, sys.stderr if options.output_format in DOCUMENTS else sys.stdout)
    return result.exit_code


def _narrowing(options: argparse.Namespace, request: Request) -> Callable[[Result], Result]:
    """What leaves out the violations that are not asked for; a mistake is found now, and costs no run."""
    from pathlib import Path

    from rmwlint.errors import UsageError

    changes = entries = None
    if options.since is not None:
        from rmwlint.since import changes_since, only_changed

        if request.given is not None:
            raise UsageError("`--since` cannot be used with `-`: git knows nothing of standard input.")
        changes = changes_since(options.since, options.paths[0])
    file = Path(options.baseline) if options.baseline is not None else request.settings.baseline
    if file is not None and not options.no_baseline:
        from rmwlint.baseline import read, without

        entries = read(file)

    def narrow(result: Result) -> Result:
        if entries is not None:
            result = without(result, entries)
        return only_changed(result, changes) if changes is not None else result

    return narrow


def _baseline(options: argparse.Namespace) -> int:
    from pathlib import Path

    from rmwlint import baseline
    from rmwlint.asking import selected
    from rmwlint.codes import all_codes
    from rmwlint.errors import RmwlintError, UsageError
    from rmwlint.runner import run

    request = _request(options)
    if request.given is not None:
        raise UsageError("A baseline is of files: `-` (standard input) cannot be in one.")
    file = Path(options.output) if options.output else request.settings.baseline or Path(baseline.DEFAULT)
    entries = baseline.read(file) if options.prune or options.compare else ()
    result = run(request)
    for failure in result.failures:
        print(f"rmwlint: {failure.path}: {failure.message}", file=sys.stderr)
    if result.failures:
        raise RmwlintError(f"`{file}` is left as it is: the run was not whole.")
    if not (options.prune or options.compare):
        baseline.write(file, baseline.baseline_of(result, file))
        print(f"rmwlint: {file} accepts {_count(len(result.violations), 'violation')}.", file=sys.stderr)
        return 0
    codes = selected(request.settings, all_codes())
    difference = baseline.compare(result, entries, baseline.judged(entries, file, request.paths, codes))
    if options.prune:
        left = baseline.pruned(entries, difference.gone)
        if difference.gone:
            baseline.write(file, left)
        gone, kept = (sum(entry.count for entry in listed) for listed in (difference.gone, left))
        print(f"rmwlint: {_count(gone, 'violation')} gone, {kept} left in {file}.", file=sys.stderr)
        return 0
    for line in baseline.told(difference):
        print(line)
    return 1 if difference.new or difference.gone else 0


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _fix(options: argparse.Namespace) -> int:
    from rmwlint.fix.run import fix, told

    request = _request(options)
    if options.diff:
        return _write_diff(request, options)
    outcome = fix(request, unsafe=options.unsafe_fixes, write=True)
    for line in told(outcome, written=True):
        print(line)
    for failure in outcome.result.failures:
        print(f"rmwlint: {failure.path}: {failure.message}", file=sys.stderr)
    return outcome.result.exit_code


def _write_diff(request: Request, options: argparse.Namespace) -> int:
    """Show what would be fixed; 1 where something would."""
    from rmwlint.fix.run import counted, fix, unified_diff

    outcome = fix(request, unsafe=options.unsafe_fixes, write=False)
    for line in unified_diff(outcome.fixed):
        sys.stdout.write(line)
    sys.stdout.flush()
    print(f"rmwlint: {counted(outcome, written=False)}", file=sys.stderr)
    if outcome.result.failures:
        return 2
    return 1 if outcome.fixed else 0


def _request(options: argparse.Namespace) -> Request:
    """The run that the options ask for."""
    from pathlib import Path

    from rmwlint.request import Request

    given = _given(options)
    return Request(
        paths=options.paths,
        settings=_settings(options),
        use_cache=not options.no_cache,
        jobs=options.jobs,
        given=(Path(given[0]), given[1]) if given is not None else None,
    )


def _given(options: argparse.Namespace) -> tuple[str, bytes] | None:
    """The path that standard input stands for, and what came in there."""
    from rmwlint.errors import UsageError

    if "-" not in options.paths:
        if options.stdin_filename is not None:
            raise UsageError("`--stdin-filename` needs `-` as the only path.")
        return None
    if len(options.paths) > 1:
        raise UsageError("`-` (standard input) cannot be checked together with other paths.")
    from rmwlint.source.files import shown

    path = shown(os.path.abspath(options.stdin_filename)) if options.stdin_filename else "<stdin>"
    return path, sys.stdin.buffer.read()


def _settings(options: argparse.Namespace) -> Settings:
    """The settings of the nearest (or given) file, with what the command line says in front."""
    from pathlib import Path

    from rmwlint.config import confidence_named, settings_for, settings_in

    if options.config is not None:
        settings = settings_in(Path(options.config))
    else:
        first = options.paths[0]
        settings = settings_for(Path((options.stdin_filename or ".") if first == "-" else first))
    words = {
        key: tuple(word for listed in getattr(options, key) or () for word in listed.split(",") if word)
        for key in ("select", "extend_select", "ignore")
    }
    if any(words.values()):
        _refuse_unknown(words.values())
    if words["select"]:
        # a selection on the command line is the whole selection: what the file ignores is asked for now
        settings = settings._replace(select=words["select"], extend_select=(), ignore=())
        settings = settings._replace(
            overrides=tuple(
                one._replace(select=None, extend_select=(), ignore=()) for one in settings.overrides
            )
        )
    if words["extend_select"]:
        settings = settings._replace(extend_select=(*settings.extend_select, *words["extend_select"]))
    if words["ignore"]:
        settings = settings._replace(ignore=(*settings.ignore, *words["ignore"]))
    if options.min_confidence is not None:
        confidence = confidence_named(options.min_confidence)
        assert confidence is not None
        settings = settings._replace(
            min_confidence=confidence,
            overrides=tuple(one._replace(min_confidence=None) for one in settings.overrides),
        )
    if options.include_tests is not None:
        settings = settings._replace(include_tests=options.include_tests)
    if options.cache_dir is not None:
        settings = settings._replace(cache_dir=Path(os.path.abspath(options.cache_dir)))
    return settings


def _refuse_unknown(words: Iterable[tuple[str, ...]]) -> None:
    from rmwlint.codes import UnknownCode, all_codes, resolve
    from rmwlint.errors import UsageError

    try:
        for listed in words:
            resolve(listed, all_codes())
    except UnknownCode as error:
        raise UsageError(str(error)) from None


def _shows_colour(out: TextIO) -> bool:
    """Whether to colour: on a terminal, unless the user said no (https://no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return out.isatty() and os.environ.get("TERM") != "dumb"


def _write_statistics(result: Result, out: TextIO) -> None:
    from rmwlint.codes import all_codes

    known = all_codes()
    for code, count in sorted(result.by_code().items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"{count:6} {code} {known[code].name if code in known else ''}".rstrip(), file=out)


def _prove(options: argparse.Namespace) -> int:
    from pathlib import Path

    from rmwlint.config import settings_for, settings_in
    from rmwlint.errors import UsageError
    from rmwlint.prove.run import prove

    path = options.target.partition(":")[0]
    settings = settings_in(Path(options.config)) if options.config else settings_for(Path(path))
    to_stdout = options.output == "-"
    proof = prove(options.target, settings, code=options.code, output=None if to_stdout else options.output)
    if to_stdout:
        sys.stdout.write(proof.text)
        return 0
    try:
        with proof.path.open("w" if options.force else "x", encoding="utf-8") as file:
            file.write(proof.text)
    except FileExistsError:
        raise UsageError(f"`{proof.path}` is there already: name another file, or use `--force`.") from None
    except OSError as error:
        raise UsageError(f"`{proof.path}` cannot be written: {error.strerror}.") from None
    left = proof.text.count("  # FILL IN")
    todo = f"; {_count(left, 'line')} to fill in" if left else ""
    print(f"rmwlint: wrote {proof.path}{todo}.", file=sys.stderr)
    return 0


def _server(options: argparse.Namespace) -> int:
    del options
    from rmwlint.errors import UsageError

    try:
        from rmwlint.server import main as serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise UsageError(
            "`rmwlint server` needs the package pygls: install it with `pip install 'rmwlint[lsp]'`."
        ) from None
    return serve()


def _config(options: argparse.Namespace) -> int:
    from pathlib import Path

    from rmwlint.config import holding_for, origins, plain

    asked = _settings(options)
    settings, overridden = holding_for(asked, Path(options.paths[0]))
    values, found = plain(settings), origins(asked)
    for key in ("select", "extend-select", "ignore", "min-confidence", "include-tests", "cache-dir"):
        if getattr(options, key.replace("-", "_")) is not None:
            found[key] = "command line"
    found |= overridden
    if options.output_format == "json":
        import json

        document = {key: {"value": value, "from": found[key]} for key, value in values.items()}
        print(
            json.dumps(
                {"file": str(settings.file) if settings.file else None, "settings": document}, indent=2
            )
        )
        return 0
    print(f"# {settings.file}" if settings.file else "# no settings file: all is as it is by default")
    shown = {key: _as_toml(value) for key, value in values.items()}
    width = max(len(f"{key} = {text}") for key, text in shown.items() if len(text) < _NARROW)
    for key, text in shown.items():
        if values[key] is None:
            print(f"# {key} is not set")
        else:
            print(f"{f'{key} = {text}':{width}}  # {found[key]}")
    return 0


def _as_toml(value: object) -> str:
    import json

    if isinstance(value, dict):
        return "{" + ", ".join(f"{_as_toml(key)} = {_as_toml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_as_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _completion(options: argparse.Namespace) -> int:
    from rmwlint.errors import UsageError

    try:
        from argcomplete.shell_integration import shellcode
    except ModuleNotFoundError:
        raise UsageError(
            "completion needs the package argcomplete: install it with `pip install 'rmwlint[completion]'`."
        ) from None
    print(shellcode(["rmwlint"], shell=options.shell))
    return 0


def _explain(options: argparse.Namespace) -> int:
    from rmwlint.codes import all_codes, meant_by, nearest
    from rmwlint.errors import UsageError

    known = all_codes()
    meant = sorted(known if options.all else meant_by(options.word, known))
    if options.output_format == "markdown" and meant:
        from rmwlint.report.explained import page

        print(page([known[code] for code in meant]), end="")
        return 0
    if not meant:
        raise UsageError(f"`{options.word}` is no code or name of a check{nearest(options.word, known)}")
    for number, code in enumerate(meant):
        described = known[code]
        print("\n" if number else "", end="")
        since = described.since if described.default else f"{described.since}, off by default"
        print(f"{code} {described.name} (since {since})\n")
        print(_unindented(described.doc))
    return 0


def _list(options: argparse.Namespace) -> int:
    if options.fixes:
        from rmwlint.prove.table import table

        print(table())
        return 0
    from rmwlint.codes import all_codes

    rows = list(all_codes().values())
    if options.output_format == "json":
        import json

        listed = [
            {
                "code": row.code,
                "name": row.name,
                "since": row.since,
                "default": row.default,
                "title": _title(row),
            }
            for row in rows
        ]
        print(json.dumps(listed, indent=2))
        return 0
    width = max(len(row.name) for row in rows)
    for row in rows:
        print(f"{row.code} {row.name:{width}} {'' if row.default else '(off) '}{_title(row)}")
    return 0


def _title(described: Described) -> str:
    return described.doc.strip().partition("\n")[0]


def _unindented(doc: str) -> str:
    import inspect

    return inspect.cleandoc(doc)


_COMMANDS = {
    "check": _check,
    "fix": _fix,
    "prove": _prove,
    "baseline": _baseline,
    "server": _server,
    "explain": _explain,
    "list": _list,
    "config": _config,
    "completion": _completion,
}
