"""Tags as versions: how a repository without a registry says what its releases are.

A tag is the version of a pack if it is one of these, for a pack `tools` (a scope doesn't count):

    tools-v1.2.3   tools--v1.2.3   v1.2.3   1.2.3

Tags with the name belong to the pack alone, so where there are any, those without it are about something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from skillctl.core.names import unscoped
from skillctl.core.versions import Version, is_version, parse_version

_PLAIN = re.compile(r"v?(?P<version>[0-9].*)\Z")


def versions_of_tags(tags: Mapping[str, str], *, name: str) -> Mapping[Version, tuple[str, str]]:
    """Version -> the tag and its commit, ascending; `tags` are tag -> commit, `name` is the pack's.

    Of two tags that mean one version, the first in the order of the list above counts.
    """
    called = re.compile(rf"{re.escape(unscoped(name))}--?v(?P<version>[0-9].*)\Z")
    return _versions(tags, called) or _versions(tags, _PLAIN)


def _versions(tags: Mapping[str, str], form: re.Pattern[str]) -> dict[Version, tuple[str, str]]:
    found: dict[Version, tuple[str, str]] = {}
    for tag in sorted(tags, key=lambda tag: (not tag.startswith("v"), "--" in tag, tag)):
        match = form.match(tag)
        if match is not None and is_version(match["version"]):
            found.setdefault(parse_version(match["version"]), (tag, tags[tag]))
    return dict(sorted(found.items()))
