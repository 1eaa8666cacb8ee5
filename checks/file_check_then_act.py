"""A path is looked at, and then something is done to it as if it had not changed.

Between `exists` and the act another process can make or remove the path: the act fails, or destroys what the
other has just made.

Bad:

    import os

    def forget(path):
        if os.path.exists(path):
            os.remove(path)

Good:

    import contextlib
    import os

    def forget(path):
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)

Act, and handle the error; or use the call that does both (`exist_ok=True`, `missing_ok=True`, mode `"x"`,
`os.replace`); or hold one lock over both.
"""

from collections.abc import Iterator

from rmwlint.check import HIGH, LOW, MEDIUM, Check, View, Violation, Window, window_steps

check = Check("RMW406", "file-check-then-act", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    told: set[int] = set()
    for window in view.open_windows:
        read, write = window.read, window.write
        if read is None or read.does != "test" or write.place is None or write.op in told:
            continue
        if write.place.kind not in ("file", "directory"):
            continue
        sure = _sure(window)
        if not sure:
            continue
        told.add(write.op)
        path = write.place.text
        deed = {"create": "makes it", "delete": "removes it", "replace": "replaces it"}.get(
            write.does, "writes it"
        )
        yield view.violation(
            check,
            write.op,
            f"`{path}` is looked at and then used; another process can change it in between",
            place=path,
            sure=min(sure, window.sure),
            steps=window_steps(view, window),
            interleaving=(
                ("A", f"looks at {path}"),
                ("B", f"looks at {path}, {deed}"),
                ("A", f"{deed}    fails, or undoes what B did"),
            ),
            remedy="act and handle the error, use the call that does both in one step, or lock both",
        )


def _sure(window: Window) -> int:
    """How sure it is that the second actor gets hurt; 0 where the act itself is safe."""
    write = window.write
    if write.does == "delete":
        return 0 if "missing" in write.caught else HIGH
    if write.does == "create":
        return 0 if "duplicate" in write.caught else HIGH
    if write.does == "ensure":
        return 0
    if write.does == "replace":
        return 0 if write.caught else MEDIUM
    return LOW if window.outcome else MEDIUM
