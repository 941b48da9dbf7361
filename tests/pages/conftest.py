"""Pages run by `streamlit.testing` in the folder of the shared dashboard, whose worker does the work."""

from functools import cache

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from ui.session import lab


@pytest.fixture(scope="session", autouse=True)
def one_look_for_components():
    """Every AppTest looks through all installed packages for components: a fifth of the time of these tests, for nothing new."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def open_page(dashboard, monkeypatch):
    """Opens a page as a visitor would by its link: open_page("training", kind="gru")."""
    monkeypatch.setenv("LAB_HOME", str(dashboard.home))
    lab.clear()

    def open_(name: str, **params: str) -> AppTest:
        app = AppTest.from_file("../../app.py", default_timeout=60)
        app.query_params.update(params)
        app.switch_page(f"pages/{name}.py")
        app.run()
        assert not app.exception, [(error.value, error.stack_trace) for error in app.exception]
        return app

    return open_
