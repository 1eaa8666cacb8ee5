"""An object of a cluster is read, and written back without the version that was read.

The store refuses a write that names another version than the present one. A body that is built anew names
none: it replaces whatever others have written since.

Bad:

    from kubernetes import client

    def add(name, namespace, key, value):
        api = client.CoreV1Api()
        found = api.read_namespaced_config_map(name, namespace)
        body = {"metadata": {"name": name}, "data": {**found.data, key: value}}
        api.replace_namespaced_config_map(name, namespace, body)

Good:

    from kubernetes import client

    def add(name, namespace, key, value):
        api = client.CoreV1Api()
        found = api.read_namespaced_config_map(name, namespace)
        found.data[key] = value
        api.replace_namespaced_config_map(name, namespace, found)

Write the object that was read (it carries its version), copy `metadata.resourceVersion` into the new one, or
compare the revision in a transaction; and read again when the write is refused.

Unseen: an object whose version the code deletes or sets to None before it is written.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation, store_steps

check = Check("RMW604", "dropped-resource-version", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for window in view.store_windows("resource"):
        place = window.text
        line = view.span(window.read.op).line
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is written from what was read on line {line}, without its version",
            place=place,
            sure=LOW if view.one_shot else window.sure,
            steps=store_steps(view, window),
            interleaving=(
                ("A", "reads the object"),
                ("B", "reads the object"),
                ("A", "writes the object with its change"),
                ("B", "writes the object with its own    A's change is lost"),
            ),
            remedy="send the version that was read, and read again when the write is refused",
        )
