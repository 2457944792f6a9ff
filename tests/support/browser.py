"""The browser that tests look at pages with: Debian's Chromium, by playwright's driver."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


class BrowserMissingError(Exception):
    """There is none; the message is the plain reason."""


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Chromium without a window. BrowserMissingError if it can't be had."""
    program = next((found for each in _PROGRAMS if (found := shutil.which(each))), None)
    if program is None:
        raise BrowserMissingError("no chromium here")
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise BrowserMissingError("no playwright here") from error
    with sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        except Error as error:
            raise BrowserMissingError(f"{program} does not start") from error
        try:
            yield browser
        finally:
            browser.close()
