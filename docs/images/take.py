"""Take the pictures of docs/report.md: look at each before it is committed.

    make build report
    python docs/images/take.py

Needs Chromium and Poppler's pdftoppm.
"""

import base64
import shutil
import subprocess
import tempfile
from pathlib import Path

from playwright import sync_api

IMAGES = Path(__file__).resolve().parent
REPORT = IMAGES.parent.parent / "report"
DESK, PHONE = {"width": 1240, "height": 1000}, {"width": 390, "height": 844}
PAGES = (1, 3, 4)


def open_page(browser, file, viewport, scheme="light"):
    page = browser.new_context(viewport=viewport, color_scheme=scheme).new_page()
    page.goto(file.as_uri())
    page.wait_for_function("document.documentElement.dataset.readyMs")
    return page


def take_dashboard(browser):
    file = REPORT / "dashboard.html"
    page = open_page(browser, file, DESK)
    page.screenshot(path=IMAGES / "dashboard_light.png")
    page.locator("#chips button").nth(3).click()
    page.locator("article[data-chart=rfm_distributions]").scroll_into_view_if_needed()
    page.evaluate("window.scrollBy(0, 200)")
    page.screenshot(path=IMAGES / "dashboard_focus.png")
    page = open_page(browser, file, DESK, "dark")
    page.locator("article[data-chart=migration_flows]").scroll_into_view_if_needed()
    page.evaluate("window.scrollBy(0, 200)")
    page.screenshot(path=IMAGES / "dashboard_dark.png")
    open_page(browser, file, PHONE).screenshot(path=IMAGES / "dashboard_narrow.png")


def take_paper(browser):
    with tempfile.TemporaryDirectory() as folder:
        for number in PAGES:
            subprocess.run(
                ["pdftoppm", "-png", "-r", "90", "-f", str(number), "-l", str(number),
                 str(REPORT / "report.pdf"), f"{folder}/page"],
                check=True,
            )  # fmt: skip
        pages = "".join(
            "<img src='data:image/png;base64,"
            f"{base64.b64encode(path.read_bytes()).decode()}'>"
            for path in sorted(Path(folder).glob("*.png"))
        )
        page = browser.new_page(viewport={"width": 1510, "height": 716})
        page.set_content(
            "<style>body{margin:8px;background:#c8cdd2;display:flex;gap:4px}"
            f"img{{width:495px;height:700px}}</style>{pages}"
        )
        page.screenshot(path=IMAGES / "report_pdf.png")


def main():
    with sync_api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"))
        take_dashboard(browser)
        take_paper(browser)
        browser.close()


if __name__ == "__main__":
    main()
