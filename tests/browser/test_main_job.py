"""The main job in a real browser: train, classify, take away; a file of one's own; stop, resume, reload."""

import csv
import io
import re
import zipfile

from playwright.sync_api import expect

from tests.browser.steps import PATIENCE, is_done, rests, run_box, train, visit

QUICK = "units=8&epochs=2&time_steps=30"


def test_train_on_the_quick_sample_then_classify_and_take_away(dashboard, page):
    visit(page, f"{dashboard.url}/train?{QUICK}")
    train(page)
    is_done(page)
    expect(page.get_by_text("held-out texts the network answers")).to_be_visible()

    with page.expect_download() as bundle:
        page.get_by_role("button", name="Download bundle").click()
    names = {name.split("/")[-1] for name in zipfile.ZipFile(bundle.value.path()).namelist()}
    assert {"model.keras", "classify.py", "held_out_predictions.csv"} <= names

    page.get_by_role("link", name="Classify texts with it").click()
    expect(page.get_by_role("heading", name="Classify", level=1)).to_be_visible()
    box = page.get_by_label("A text to classify")
    box.fill("a wonderful film with a zorblax in it")
    expect(page.get_by_role("code").filter(has_text="zorblax")).to_be_visible()
    expect(page.get_by_test_id("stMetricValue").first).to_have_text(re.compile("negative|positive"))
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    box.fill("")
    expect(page.get_by_text("There is no word to read yet")).to_be_visible()


def test_own_file_in_windows_1252_with_semicolons(dashboard, page, tmp_path):
    rows = ["Nr;Urteil;Bemerkung"]
    for number in range(60):
        rows.append(f'{number};gut;"Sehr schönes Café; gern wieder, Nr {number}"')
        rows.append(f"{number};schlecht;Übles Hotel – nie wieder Nr {number}")
    path = tmp_path / "hotels.csv"
    path.write_bytes("\r\n".join(rows).encode("cp1252"))

    visit(page, f"{dashboard.url}/train?data=own&{QUICK}&min_count=1")
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text("How the file is read")).to_be_visible(timeout=60_000)
    rests(page)
    expect(page.get_by_role("combobox", name="Separator")).to_have_value("semicolon")
    expect(page.get_by_role("combobox", name="Encoding")).to_have_value("windows-1252")
    expect(page.get_by_text("What was read: 120 texts with 2 labels")).to_be_visible(timeout=60_000)
    train(page)
    is_done(page)

    page.get_by_role("link", name="Classify texts with it").click()
    page.get_by_role("tab", name="A file of texts").click()
    hostile = tmp_path / "more.csv"
    hostile.write_text('text,label\n"=HYPERLINK(""http://x"")",gut\nSchönes Café,gut\nÜbles Hotel,schlecht\n', encoding="utf-8")
    page.locator("input[type=file]").set_input_files(hostile)
    expect(page.get_by_text("of 3 texts with a label are answered rightly")).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download predictions as CSV").click()
    table = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert [row["label"] for row in table] == ["gut", "gut", "schlecht"]
    assert list(table[0])[:3] == ["text", "prediction", "probability"]
    assert table[0]["text"] == '\'=HYPERLINK("http://x")'


def test_stop_resume_and_reload(dashboard, page):
    visit(page, f"{dashboard.url}/train?units=8&time_steps=30&epochs=500")
    train(page)
    box = run_box(page)
    expect(box.get_by_text(re.compile(r"Epoch ([2-9]|\d\d+) of 500"))).to_be_visible(timeout=PATIENCE)

    page.reload()
    expect(run_box(page).get_by_text(re.compile(r"Epoch \d+ of 500"))).to_be_visible(timeout=60_000)

    box.get_by_role("button", name="Stop").click()
    expect(box.get_by_text(re.compile(r"\bstopped$"))).to_be_visible(timeout=60_000)
    rests(page)
    stopped_at = int(re.search(r"(\d+) of 500 epochs", box.inner_text()).group(1))
    assert stopped_at >= 1

    box.get_by_role("button", name="Resume").click()
    expect(box.get_by_text(re.compile(r"Epoch \d+ of 500"))).to_be_visible(timeout=PATIENCE)
    resumed_at = int(re.search(r"Epoch (\d+) of 500", box.inner_text()).group(1))
    assert resumed_at > stopped_at
    box.get_by_role("button", name="Stop").click()
    expect(box.get_by_text(re.compile(r"\bstopped$"))).to_be_visible(timeout=60_000)
