"""The house has four floors and imports go down only; the web's side of it never imports TensorFlow."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = {  # floor -> the project's packages and the libraries with a rule that it may import
    "app.py": {"ui", "lab", "rnn_core", "streamlit"},
    "pages": {"ui", "lab", "rnn_core", "streamlit"},
    "ui": {"ui", "lab", "rnn_core", "streamlit"},
    "lab": {"lab", "rnn_core"},
    "rnn_core": {"rnn_core"},
}
RULED = {"app", "pages", "ui", "lab", "rnn_core", "streamlit", "tensorflow", "keras", "sqlalchemy", "dbos"}
LIBRARIES = {"lab": {"sqlalchemy", "dbos"}}
TAKEN_AWAY = ROOT / "lab" / "bundle_files"  # scripts that a bundle carries, which run without this project
FILES = [path for floor in FLOORS for path in ([ROOT / floor] if floor.endswith(".py") else sorted((ROOT / floor).rglob("*.py")))]
FILES = [path for path in FILES if TAKEN_AWAY not in path.parents]


def imported(path: Path) -> set[str]:
    """Every module that a file imports anywhere, relative imports resolved."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            names.add(".".join(filter(None, [parent, node.module or ""])))
    return names


def may_import_keras(path: Path) -> bool:
    """Models' Keras files, training and experiments may; the worker asks them."""
    inside = path.relative_to(ROOT).as_posix()
    return inside.startswith(("rnn_core/training/", "rnn_core/experiments/")) or (
        inside.startswith("rnn_core/models/keras_") and inside != "rnn_core/models/keras_code.py"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_go_down_only(path):
    floor = path.relative_to(ROOT).parts[0]
    allowed = FLOORS[floor] | LIBRARIES.get(floor, set()) | ({"keras", "tensorflow"} if may_import_keras(path) else set())
    wrong = {name for name in imported(path) if (top := name.split(".")[0]) in RULED and top not in allowed}
    assert not wrong, f"{path.relative_to(ROOT)} imports {sorted(wrong)}"


def test_a_figure_imports_no_part_of_the_core_that_computes():
    for path in (ROOT / "rnn_core" / "figures").glob("*.py"):
        wrong = {
            name
            for name in imported(path)
            if name.startswith(("sklearn", "scipy", "rnn_core.training.fit", "rnn_core.data.samples"))
        }
        assert not wrong, f"{path.name} imports {sorted(wrong)}"
