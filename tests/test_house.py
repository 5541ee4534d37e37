"""What the linters cannot say of the house."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("api", "boundaries", "geo", "maps", "migrations")
TREES = {
    path.relative_to(ROOT): ast.parse(path.read_text(encoding="utf-8"))
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}
# What a use case or a door may know of the database: a session to hand on, an engine to open one.
HANDED_ON = {"Engine", "Connection", "Session", "URL"}
SQL_ROOMS = ("boundaries/store", "migrations")


def test_modules_keep_their_size() -> None:
    lengths = {path: (ROOT / path).read_text(encoding="utf-8").count("\n") for path in TREES}
    assert {path: length for path, length in lengths.items() if length > 400} == {}


def test_functions_keep_their_size() -> None:
    long = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            docstring = ast.get_docstring(node, clean=False) or ""
            length = (node.end_lineno or node.lineno) - node.lineno + 1 - docstring.count("\n")
            # The options of a verb are a table, not steps.
            table = node.body[0].lineno - node.lineno if path.parts[:2] == ("api", "cli") else 0
            if length - table > 60:
                long.append(f"{path}:{node.lineno} {node.name} {length - table}")
    assert long == []


def test_sql_stands_in_the_store_alone() -> None:
    strays = [
        f"{path}:{node.lineno}"
        for path, tree in TREES.items()
        if not str(path).startswith(SQL_ROOMS)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").split(".")[0] == "sqlalchemy"
        and not {alias.name for alias in node.names} <= HANDED_ON
    ]
    assert strays == []


def test_the_environment_is_read_by_the_settings_alone() -> None:
    readers = [
        f"{path}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    ]
    assert {reader.split(":")[0] for reader in readers} == {"api/settings.py"}
