"""The web process stays light: no page brings TensorFlow, Keras or scikit-learn into it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
from pathlib import Path
from streamlit.testing.v1 import AppTest

for page in sorted(Path("pages").glob("*.py")):
    app = AppTest.from_file("app.py", default_timeout=120)
    app.switch_page(str(page))
    app.run()
    assert not app.exception, (page.name, [error.value for error in app.exception])
    heavy = {"tensorflow", "keras", "sklearn"} & set(sys.modules)
    assert not heavy, f"{page.name} imports {sorted(heavy)}"
    assert app.title, page.name
print("pages", len(list(Path("pages").glob("*.py"))))
"""


def test_no_page_imports_tensorflow(dashboard):
    environment = {**os.environ, "LAB_HOME": str(dashboard.home)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout.split()[-1]) == len(list((ROOT / "pages").glob("*.py")))
