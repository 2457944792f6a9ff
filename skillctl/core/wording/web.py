"""Words of the codes of this area: the network, registries behind an address, sites, and keys to them."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_CALLED = {
    "E031": Wording(
        title="`{name}` is taken: it is the registry at {location}",
        hint="take another name, or `skillctl registry remove {name}` first",
        about="An alias means one registry in its file. Locks don't use it, so another name costs nothing.",
    ),
    "E032": Wording(
        title="there is no registry called `{name}` in {file}",
        hint="known there: {known}",
        about="`registry remove` and `registry use` work on one file: your configuration, or with `--project` the "
        "project's skillctl.json.",
    ),
    "E033": Wording(
        title="`{location}` can't be a registry's address: {reason}",
        hint="write https://…, file:///…, or a directory",
        about="A registry is read from a web server by https://, or from a directory of this machine.",
    ),
    "E034": Wording(
        title="the scope {scope} already belongs to `{registry}`",
        hint="`skillctl registry remove {registry}` frees it, or leave `--scope` out",
        about="A scope belongs to one registry and is asked for nowhere else: that is what keeps private names so.",
    ),
    "E035": Wording(
        title="`{name}` is no registry with an address, so there is nothing to log in to",
        hint="give the alias of a registry behind https://, or its address; known: {known}",
        about="A directory needs no token; who may read and write it, the file system says.",
    ),
    "E036": Wording(
        title="{count} registries have an address, and it is not said which is meant",
        hint="name one of {known}",
        about="A token belongs to one origin, so it has to be clear to whom it will be shown.",
    ),
    "E037": Wording(
        title="{token} has {reason}",
        hint="copy it again: a token is one word of letters, digits and signs",
        about="A token is sent in one line of a request. Spaces and line ends in it come from copying more than the "
        "token.",
    ),
    "E038": Wording(
        title="`{trust}` is no root of trust: {reason}",
        hint="give the root's file or address, or its digest as sha256:…; its keeper tells it",
        about="The root says which keys may sign for a registry. It is pinned once, by its digest, and everything that "
        "comes from the registry later is checked against it.",
    ),
    "E039": Wording(
        title="`{name}` signs what it has, so its root of trust has to be pinned",
        hint="compare {digest} with what its owner publishes, then add `--trust {digest}`",
        about="A signed registry is taken with its root alone: the first look is the one that nothing protects, so "
        "its digest is compared with one that came another way.",
    ),
}

_REACHED = {
    "E280": Wording(
        title="{host} can't be reached: {reason}",
        hint="check the address, the network, and HTTPS_PROXY where it is set; `--offline` works with what was "
        "read before",
        about="No connection came about: the name has no address, nothing listens there, or no way leads there.",
    ),
    "E281": Wording(
        title="no safe connection to {host}: {reason}",
        hint="{advice}",
        about="The certificate of the server could not be checked, so nobody can tell who answers. There is no way to "
        "go on without the check. Certificates of a company's own authority are read from the file that SSL_CERT_FILE "
        "names. Python 3.13 and later also refuse certificates that break a rule of RFC 5280: an authority's without "
        "the key usage for signing, one without the identifier of its authority's key. Such ones were good before; "
        "whoever keeps the authority has to make them anew.",
    ),
    "E282": Wording(
        title="{host} said nothing for {seconds} seconds",
        hint="try again; `--offline` works with what was read before",
        about="A server that accepts a connection and then stays silent is not waited for without end.",
    ),
    "E283": Wording(
        title="the answer to {url} took too long: {reason}",
        hint="try again; `--offline` works with what was read before",
        about="A request has a time by which all of it must be there, with every attempt, and a rate below which it is "
        "given up: a server can keep anybody busy for ever with a byte now and then.",
    ),
    "E284": Wording(
        title="{url} answers with more than {limit} bytes",
        hint="`skillctl config limits` shows every limit",
        about="An answer is counted while it arrives, after decompression too, and is given up where it exceeds what "
        "such a file may have.",
    ),
    "E285": Wording(
        title="the answer of {host} to {url} broke off: {reason}",
        hint="it was tried {attempts} times; try again later, or `--offline` with what was read before",
        about="The connection ended before the answer did. Half an answer is never used.",
    ),
    "E286": Wording(
        title="{host} answers {status} to {url}",
        hint="it was tried {attempts} times; that is the server's to mend: try again later",
        about="The server says that it can't answer now. Such answers are asked for again a few times, with pauses, "
        "and as late as it asks for with Retry-After if that is bearable.",
    ),
    "E287": Wording(
        title="{host} does not let you read {url} ({status})",
        hint="{advice}",
        about="The server wants to know who asks, or does not allow it. A token is kept with `skillctl login` or comes "
        "from SKILLCTL_TOKEN in CI, and is shown to the origin that it belongs to alone.",
    ),
    "E288": Wording(
        title="{url} leads on to {target}, which is not followed: {reason}",
        hint="if the registry or the file moved, use its new address",
        about="Redirections are followed a few times, to https:// alone, and a token never goes along to another host.",
    ),
    "E289": Wording(
        title="{url} answers with a web page where none belongs",
        hint="open any page in a browser: a network may want you to sign in first; or the address is wrong",
        about="Networks of hotels, trains and companies answer every request with their own page until somebody signs "
        "in. Such a page is recognised and never taken for an index, and nothing of it is kept.",
    ),
    "E290": Wording(
        title="{url} is not encrypted, so anybody on the way could change what it gives",
        hint="use https://; for a network that you trust, SKILLCTL_INSECURE=1, or "
        "`--insecure` of `skillctl registry add`",
        about="http:// is used for this machine itself, where nobody is on the way, and elsewhere only if the user "
        "says so. A token is not sent over it even then.",
    ),
    "E291": Wording(
        title="there is nothing at {url} ({status})",
        hint="check the address",
        about="The server answers, and says that it has nothing under this address.",
    ),
    "E292": Wording(
        title="{what} of `{registry}` was never read here, and the network is not to be used",
        hint="once without `--offline` reads it",
        about="With `--offline` a registry is what was read of it before. What was never read can't be known: to go on "
        "to the next registry would let another one take its place.",
    ),
    "E293": Wording(
        title="the proxy does not let a request through to {host}: {reason}",
        hint="look at HTTPS_PROXY, HTTP_PROXY and NO_PROXY",
        about="Requests go through the proxy that the environment names, as those of other programs do.",
    ),
    "E294": Wording(
        title="what {host} answers to {url} is no HTTP: {reason}",
        hint="check the address and the port",
        about="The answer breaks the rules of the protocol, so nothing in it can be relied on.",
    ),
    "E295": Wording(
        title="{host} answers {status} to {url}, which means nothing here",
        hint="check the address; the registry or what stands before it may be set up wrongly",
        about="A file of a registry is there, is not there, or has not changed. Another answer is not guessed at.",
    ),
    "E296": Wording(
        title="the answer to {url} can't be used: {reason}",
        hint="whoever keeps the server can mend it",
        about="Either it is packed: answers are asked for as they are, and where a server packs them all the same, "
        "gzip and deflate are understood. Or it is no index of skills in a form that this version knows.",
    ),
    "E242": Wording(
        title="a request to {host} can't be sent, since something in its head breaks the rules of the protocol",
        hint="most likely the token for it has a character too many: copy it again, `skillctl login` keeps it",
        about="What of the request it was is not shown: a token may be part of it.",
    ),
    "E297": Wording(
        title="`{url}` is no address that can be used: {reason}",
        hint="write https:// and host; keep a token with `skillctl login` instead of writing it into the address",
        about="Addresses end up in project files, locks, logs and messages, so they never hold a secret.",
    ),
    "E298": Wording(
        title="{location} is only read from here",
        hint="do it where its files lie, or through its server; `skillctl registry mirror` brings a copy here, and "
        "verifies all of it",
        about="A web server that gives files takes none, and can't list what it has. What is written goes to where the "
        "files lie, and all of a registry is checked there.",
    ),
    "E299": Wording(
        title="the skill `{skill}` from {url} is not what the site's index says",
        hint="nothing was written; tell whoever keeps the site",
        detail="expected: {expected}\nfound: {found}",
        about="The index of a site holds the digest of each skill. Bytes with another one were damaged, or changed by "
        "somebody, so there is no way to install them anyway.",
    ),
    "W240": Wording(
        title="`{registry}` was not asked: what is known of it is from {since}",
        hint="without `--offline` it is asked again",
        about="With `--offline` a registry is what was read of it before, checked against the digests kept with it. "
        "Releases, and marks that take one back, may have come since.",
    ),
    "W241": Wording(
        title="{count} damaged files of `{registry}` in the cache were set aside",
        hint="they were read again; if this happens often, check the disk",
        about="Every file of the cache is compared with its digest when it is read. One that differs is moved aside "
        "and fetched once more; what it said is not used.",
    ),
    "W242": Wording(
        title="`{name}` is not signed: whoever controls {host} decides what you install",
        hint="`--unsigned` says that this is known; `--trust` pins the keys of a signed registry",
        about="A registry without signatures is as trustworthy as its server and the way there. Locks hold digests all "
        "the same: what is locked can't be changed later.",
    ),
    "W246": Wording(
        title="`{name}` was not looked at, so whether it is signed is not known yet",
        hint="`--trust` pins the keys of a signed registry; `--unsigned` says that it is known to be none",
        about="With `--offline` a registry is added as it is written. A signed one whose root is not pinned gives "
        "nothing (E709), and one that is not signed is as trustworthy as its server and the way there (W242).",
    ),
    "W244": Wording(
        title="`{skill}` of {host} is left out: {reason}",
        about="An entry of a site's index that breaks the rules of the format, or has a type that nobody here knows, "
        "is left out, and the others are used.",
    ),
    "W245": Wording(
        title="{host} publishes its skills without digests",
        about="The site has an index of the older form, which lists files and nothing to compare them with. The lock "
        "holds the digest of what was read this time, so what is locked can't be changed later.",
    ),
}

WORDS: dict[str, Wording] = {**_CALLED, **_REACHED}
