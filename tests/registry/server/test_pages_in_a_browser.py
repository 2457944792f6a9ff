"""The pages in a real browser: every size and theme, no script, by keyboard, and under attack.

One server and one browser for all of them. What is measured is what the browser shows, not what the stylesheet says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from skillctl.archive.writer import write_archive
from skillctl.core.hidden_text import hidden_text
from skillctl_registry.endpoints.owners import add_owner_request
from skillctl_registry.endpoints.releases import publish_request, taken_response, yank_request
from tests.checkout import ROOT
from tests.support.browser import BrowserMissingError, running_chromium
from tests.support.packs import pack
from tests.support.serving import ADMIN, Served, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request

pytestmark = pytest.mark.slow

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PAGES = {
    "front": "",
    "found": "search?q=survey",
    "nothing found": "search?q=zebra+crossing",
    "a pack": "packs/@acme/atlas",
    "a large pack": "packs/survey",
    "a yanked release": "packs/survey/1.1.0",
    "a comparison": "packs/survey/compare?from=1.0.0&to=2.0.0",
    "an owner": "owners/ada",
    "a scope": "owners/@acme",
    "no page": "packs/surve",
    "a hostile pack": "packs/hostile",
    "a hostile search": "search?q=%22%3E%3Cscript%3Ewindow.pwned%3D1%3C%2Fscript%3E",
}
HOSTILE: list[dict[str, str]] = json.loads(
    (Path(__file__).parents[1] / "pages" / "hostile_texts.json").read_text(encoding="utf-8")
)
SKILL = """---
name: survey
description: Plans a survey of land, with stations, traverses and levels, and says what each costs
argument-hint: "[place]"
allowed-tools: Read, Bash(git log:*)
---

# Survey

Text with `code`, a [link](https://safe.example/) and a list:

- one
- two

| a | b with a rather long heading | c | d | e |
|---|---|---|---|---|
| `a-very-long-name-of-a-parameter-that-nobody-would-break` | word | word word | word | word |

```
python -c "print('a line that is much longer than the screen of any telephone that was ever sold to anybody')"
```
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with packs of every kind."""
    with serving(tmp_path_factory.mktemp("served") / "room") as served:
        ada = served.user("ada")

        def publish(files: dict[str, bytes]) -> None:
            taken_response(served.http(ada).send(publish_request(served.url, write_archive(files))))

        texts = {
            "README.md": "# Survey\n\nWhat it is.\n\n### Deep\n\n" + "word " * 300 + "x" * 300,
            "CONTEXT.md": "# Knowledge\n\n## Levels\n\nAll of it.",
        }
        publish(pack("survey", "1.0.0", files=texts))
        publish(pack("survey", "1.1.0", files=texts))
        large = pack("survey", "2.0.0", skills=[f"survey-{n}" for n in range(12)], files=texts, license="MIT")
        publish({**large, "skills/survey/SKILL.md": SKILL.encode()})
        publish(pack("survey", "3.0.0-rc.1", files=texts))
        request = yank_request(served.url, "survey", "1.1.0", "Levels were upside down")
        assert served.http(ada).send(request).status == 200
        assert served.http().send(add_owner_request(served.url, "@acme", "ada")).status == 200
        publish(pack("@acme/tools", "1.0.0"))
        publish(pack("@acme/atlas-of-everything-that-there-is", "1.0.0", "survey ^2.0", "@acme/tools ^1.0"))
        publish(pack("@acme/atlas", "1.0.0", "@acme/atlas-of-everything-that-there-is ^1.0", "gone ^1.0"))
        publish(hostile_pack())
        yield served


def hostile_pack() -> dict[str, bytes]:
    """A pack that says the worst wherever it can say anything."""
    texts = [each["text"] for each in HOSTILE if not hidden_text(each["text"])]  # no server takes hidden text
    short = [each.replace("\n", " ") for each in texts]
    visible = [each for each in short if each.isprintable()]
    front = json.dumps(visible[2])
    body = f"---\nname: hostile\ndescription: {front}\nargument-hint: {json.dumps(visible[5])}\n---\n\n" + "\n\n".join(
        texts
    )
    return {
        **pack(
            "hostile",
            description=" ".join(visible)[:900],
            author=visible[0],
            license="MIT",
            keywords=visible[:6],
            homepage="https://safe.example/\"onmouseover='window.pwned=1'",
            repository="javascript:window.pwned=1",
            deprecated=visible[3],
            permissions={"tools": [visible[5]], "paths": [visible[0]]},
            files={"README.md": "\n\n".join(texts), "CONTEXT.md": "\n".join(reversed(texts))},
        ),
        "skills/hostile/SKILL.md": body.encode(),
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, started once."""
    running = running_chromium()
    try:
        started = running.__enter__()
    except BrowserMissingError as error:
        pytest.skip(f"Chromium: {error}")
    try:
        yield started
    finally:
        running.__exit__(None, None, None)


@pytest.fixture(scope="module")
def measures() -> str:
    """The script that looks at a page; it is the test's, no page has one."""
    return (Path(__file__).with_name("look.js")).read_text(encoding="utf-8")


def opened(context: BrowserContext, site: Served, path: str) -> tuple[Page, list[str]]:
    """A page, with everything that the browser complains of."""
    page = context.new_page()
    said: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith(site.url):
            said.append(f"asks for {request.url}")

    def dialog(shown: Dialog) -> None:
        said.append(f"says {shown.message}")
        shown.dismiss()

    def console(message: ConsoleMessage) -> None:
        if "404" not in message.text:  # the browser tells of each answer that is none
            said.append(message.text)

    page.on("request", asked)
    page.on("dialog", dialog)
    page.on("console", console)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{site.url}/{path}")
    return page, said


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_every_size_and_theme_and_is_in_order(
    site: Served, browser: Browser, measures: str, name: str
) -> None:
    with browser.new_context() as context:
        page, said = opened(context, site, PAGES[name])
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        found = {}
        for width, theme in product((390, 1440), SCHEMES):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found[f"{theme}, {width} px"] = page.evaluate(measures)
        assert {each: faults for each, faults in found.items() if faults} == {}
        assert said == []


def test_the_themes_are_two(site: Served, browser: Browser) -> None:
    seen = set()
    for theme in SCHEMES:
        with browser.new_context(color_scheme=theme) as context:
            page, _ = opened(context, site, "")
            seen.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(seen) == 2


def test_everything_works_without_a_script(site: Served, browser: Browser) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page, _ = opened(context, site, "")
        page.get_by_role("searchbox", name="Search packs").fill("survey")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="survey", exact=True).first.click()
        assert page.get_by_role("heading", level=1).inner_text().startswith("survey")
        command = page.locator("details.command", has_text="/survey-3")
        assert not command.get_by_text("Always").is_visible()
        command.locator("summary").click()
        assert command.get_by_text("Always").is_visible()
        page.get_by_role("link", name="Changes from 1.0.0 to 2.0.0").click()
        page.get_by_label("From").select_option("1.1.0")
        page.get_by_role("button", name="Compare").click()
        assert page.url.endswith("compare?from=1.1.0&to=2.0.0")
        page.goto(f"{site.url}/packs/@acme/atlas")
        page.locator(".graph a", has_text="@acme/atlas-of-eve").click()
        assert "atlas-of-everything" in page.url
        page.get_by_role("link", name="ada").first.click()
        assert page.get_by_role("heading", level=1).inner_text() == "ada"


def test_the_keyboard_reaches_everything_and_shows_where_it_is(site: Served, browser: Browser) -> None:
    where = """() => { const e = document.activeElement, s = getComputedStyle(e);
        return [[...document.querySelectorAll('*')].indexOf(e), e.tagName, e.textContent.trim().slice(0, 30),
                e.getAttribute('name') || '', s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2] }"""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page, _ = opened(context, site, "packs/@acme/atlas")
        page.keyboard.press("Tab")
        assert page.evaluate(where)[2] == "Skip to the content"
        seen = []
        for _ in range(80):
            seen.append(page.evaluate(where))
            page.keyboard.press("Tab")
            if page.evaluate(where)[1] == "BODY":
                break
        assert [each for each in seen if not each[4]] == []
        assert [each[0] for each in seen] == sorted(each[0] for each in seen)
        assert ["INPUT", "q"] in [[each[1], each[3]] for each in seen]
        wanted = page.evaluate(
            "document.querySelectorAll('a[href], button, input, select, summary, [tabindex=\"0\"]').length"
        )
        assert len(seen) == wanted
        page.goto(f"{site.url}/packs/@acme/atlas")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize(
    "path", ["packs/hostile", "packs/hostile/compare", "search?q=hostile", "", PAGES["a hostile search"]]
)
def test_hostile_texts_do_nothing_even_where_the_browser_would_let_them(
    site: Served, browser: Browser, path: str
) -> None:
    with browser.new_context(bypass_csp=True) as context:
        page, said = opened(context, site, path)
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        for each in page.locator("main a, main summary").all()[:25]:
            each.hover(timeout=2000)
        assert page.evaluate("window.pwned ?? null") is None
        leads = (
            "[...document.querySelectorAll('[href], [src], [action], [formaction]')].map(e => e.getAttribute('href')"
        )
        found = page.evaluate(f"{leads} ?? e.getAttribute('action') ?? e.outerHTML)")
        assert [
            each for each in found if not each.startswith(("http://", "https://", "mailto:", "./", "../", "#"))
        ] == []
        does = "script, iframe, object, embed, style, base, img, math, [style]"
        assert page.evaluate("does => [...document.querySelectorAll(does)].map(e => e.outerHTML)", does) == []
        acting = "e => [...e.attributes].some(a => a.name.startsWith('on'))"
        assert page.evaluate(f"[...document.querySelectorAll('*')].filter({acting}).length") == 0
        assert said == []


def test_the_pages_of_the_shipped_packs_fit_as_well(site: Served, browser: Browser, measures: str) -> None:
    from skillctl_registry.packs import read_manifest, read_pack_files

    root = ROOT / "packs" / "arcgis"
    files = read_pack_files(root, read_manifest((root / "skill.json").read_bytes(), file="skill.json"))
    taken_response(site.http(ADMIN).send(publish_request(site.url, write_archive(files))))
    with browser.new_context(viewport={"width": 390, "height": 900}) as context:
        page, said = opened(context, site, "packs/arcgis")
        page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        assert page.evaluate(measures) == []
        assert said == []
