"""The texts of packs as HTML that does nothing but be read.

1. A text is Markdown and never HTML: tags and comments in it are shown as they are written. An agent reads them, so a
   person must see them.
2. Characters that nobody sees, or that make a line read otherwise than it stands, are written out: `⟨U+202E⟩`.
3. Headings come under those of the page, none left out between; pictures are their descriptions, since nothing is
   fetched from elsewhere; links lead to the web or are none.
4. What came of it is sanitised all the same, by nh3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from skillctl.core.hidden_text import hidden_text, may_hide, whole_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MOST = 200_000
"""Characters of one text that are shown."""

_TAGS = frozenset(
    [
        *("a", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h2", "h3", "h4", "h5", "h6", "hr"),
        *("li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    ]
)
_LINKS = ("http://", "https://", "mailto:")


def visible(text: str) -> str:
    """The text with everything written out that a person would not see."""
    if not may_hide(text.encode(errors="surrogatepass")):
        return text
    whole = whole_text(text)
    hidden = {character for each in hidden_text(whole) for character in each.characters}
    return whole.translate({ord(each): f"⟨U+{ord(each):04X}⟩" for each in hidden})


def to_html(text: str, *, level: int) -> str:
    """The text as HTML; its highest headings are `h<level>`."""
    import nh3

    markdown = _markdown()
    tokens = markdown.parse(visible(text[:MOST]))
    _fit_headings(tokens, level)
    for token in tokens:
        _keep_harmless_links(token.children or ())
        if token.type in ("bullet_list_open", "ordered_list_open"):
            token.attrSet("dir", "auto")  # its marks stand where its lines begin
    made = markdown.renderer.render(tokens, markdown.options, {})
    return nh3.clean(
        made,
        tags=set(_TAGS),
        attributes={
            "a": {"href"},
            "ol": {"start", "dir"},
            "ul": {"dir"},
            "div": {"class", "tabindex", "role", "aria-label"},
        },
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer",
    )


def without_title(text: str, name: str) -> str:
    """The text without a first line that only says the pack's name, which the page has already."""
    plain = text.lstrip("\ufeff \r\n")
    first, _, rest = plain.partition("\n")
    title = "-".join(first.removeprefix("# ").lower().split())
    return rest if first.startswith("# ") and title in (name, name.rpartition("/")[2]) else plain


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt
    from markdown_it.common.utils import escapeHtml

    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # a wide table scrolls by itself, also by the keyboard; the page does not
    wide = '<div class="scroll" role="region" aria-label="table" tabindex="0"><table>\n'
    rules: dict[str, Callable[..., str]] = {
        "image": lambda _, tokens, at, *__: f"<em>{escapeHtml(tokens[at].content or 'a picture')}</em>",
        "table_open": lambda *_: wide,
        "table_close": lambda *_: "</table></div>\n",
    }
    for name, rule in rules.items():
        markdown.add_render_rule(name, rule)
    return markdown


def _fit_headings(tokens: Sequence[Token], level: int) -> None:
    """Bring headings to `level` and below: each at most one below the one before it."""
    open_levels: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            own = int(token.tag[1:])
            while open_levels and open_levels[-1] >= own:
                open_levels.pop()
            open_levels.append(own)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, level + len(open_levels) - 1)}"


def _keep_harmless_links(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if token.type == "link_open" and not str(token.attrs.get("href", "")).lower().startswith(_LINKS):
            token.attrs.pop("href", None)
        token.attrs.pop("title", None)
