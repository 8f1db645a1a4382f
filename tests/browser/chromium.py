"""The distribution's Chromium, headless, driven by Playwright, which is given no browser of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

PROGRAM = "/usr/bin/chromium"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser."""
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root.
        browser = playwright.chromium.launch(executable_path=PROGRAM, chromium_sandbox=os.geteuid() != 0)
        try:
            yield browser
        finally:
            browser.close()
