"""State that others use too is changed for a while, and then set back to what it was.

The working directory, the umask, the environment and the attributes of a module belong to the whole process,
and an attribute of a shared object to all who use it. While it is changed, every other thread works with what
was meant for one. And of two that overlap, the second one saves what the first one has set, and puts that
back last: it stays for good.

Bad:

    import os
    import threading
    from contextlib import contextmanager

    @contextmanager
    def working_in(folder):
        before = os.getcwd()
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)

    def build_all(folders, build):
        for folder in folders:
            threading.Thread(target=build_in, args=(folder, build)).start()

    def build_in(folder, build):
        with working_in(folder):
            build()

Bad:

    import os
    import threading

    def in_zone(zone, act):
        before = os.environ.get("TZ", "UTC")
        os.environ["TZ"] = zone
        try:
            act()
        finally:
            os.environ["TZ"] = before

    def report(zones, act):
        for zone in zones:
            threading.Thread(target=report_in, args=(zone, act)).start()

    def report_in(zone, act):
        in_zone(zone, act)

Good:

    import os
    import threading
    from contextlib import contextmanager

    _in_folder = threading.Lock()

    @contextmanager
    def working_in(folder):
        with _in_folder:
            before = os.getcwd()
            os.chdir(folder)
            try:
                yield
            finally:
                os.chdir(before)

    def build_all(folders, build):
        for folder in folders:
            threading.Thread(target=build_in, args=(folder, build)).start()

    def build_in(folder, build):
        with working_in(folder):
            build()

Give each its own instead: pass the value as an argument (`cwd=` of a subprocess, `dir_fd=`, a full path,
`env=`), or keep it in a context variable or a thread-local. Where the state must be changed, let all who
change it or rely on it hold one lock from the look to the setting back.

Told with low confidence: an attribute of an object, which mostly one caller at a time uses so; what is a
program's own (its arguments, import path and standard streams); a name of another module that may be each
thread's own; and where nothing calls the function, or neither its module nor one that calls it says that
code runs in several threads or tasks.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, MEDIUM, Check, View, Violation

check = Check("RMW411", "put-back-state", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    for found in view.restored:
        state = found.text
        yield view.violation(
            check,
            found.back,
            f"`{state}` is changed for a while and put back; others see it changed, and two that overlap "
            "leave it so",
            place=state,
            sure=MEDIUM if found.sure > 1 else LOW,
            steps=[
                view.step("read", found.looked, "saved here", found.looker),
                view.step("write", found.set_at, "changed here", found.looker),
                view.step("write", found.back, "put back here"),
            ],
            interleaving=(
                ("A", f"saves {state}, sets its own"),
                ("B", "saves A's, sets its own"),
                ("A", "puts back what was there    B goes on with that"),
                ("B", "puts back A's    it stays for good"),
            ),
            remedy="give each its own (an argument, a context variable), or hold one lock from the look to "
            "the setting back",
        )
