"""The stub of the C++ module says what the module has: no more, no less."""

from __future__ import annotations

import ast
from pathlib import Path

import bmsrig
from bmsrig import _core

STUB = ast.parse((Path(bmsrig.__file__).parent / "_core.pyi").read_text())


def public(names: object) -> set[str]:
    return {str(name) for name in names if not str(name).startswith("_")}  # type: ignore[attr-defined]


def declared(body: list[ast.stmt]) -> set[str]:
    names = [node.name for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    names += [node.target.id for node in body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)]
    return public(names)


def test_the_module_and_its_stub_have_the_same_names():
    assert declared(STUB.body) == public(dir(_core))


def test_every_class_and_its_stub_have_the_same_members():
    classes = [node for node in STUB.body if isinstance(node, ast.ClassDef)]
    classes = [node for node in classes if not issubclass(getattr(_core, node.name), Exception)]
    assert len(classes) > 8
    for node in classes:
        assert declared(node.body) == public(dir(getattr(_core, node.name))), node.name
