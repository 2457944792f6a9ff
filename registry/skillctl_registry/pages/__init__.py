"""The pages of a registry for people: values in, HTML out. Whoever serves them asks the database and the files.

    addresses    which path is which page, and the way from one to another
    values       what each page shows
    reading      the files of a release -> what its page tells of them
    markdown     the texts of packs -> HTML that does nothing
    graph        what a pack needs -> a drawing
    rendering    page -> HTML, by the templates

The texts of packs are strangers' texts. So a page has no script, and says so to the browser (`POLICY`); a text is never
taken for HTML; what a person could not see in it is written out; and nothing is fetched from elsewhere to show it.
"""

from __future__ import annotations

POLICY = "; ".join(
    [
        *("default-src 'none'", "style-src 'self'", "img-src 'self'", "form-action 'self'"),
        *("base-uri 'none'", "frame-ancestors 'none'"),
    ]
)
"""What a browser is told that the pages may do: show themselves, and ask for others of this server."""
