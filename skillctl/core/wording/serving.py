"""Words of the codes of this area: a registry's server, and what it refuses."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E720": Wording(
        title="the registry takes no token from you: {reason}",
        hint="`skillctl login {registry}` keeps a token; `skillctl registry token create` makes one",
        about="A registry's server wants to know who changes something. A token that is unknown, revoked or expired is "
        "refused also where none is needed, so that nobody goes on with it unknowingly.",
    ),
    "E721": Wording(
        title="this token of `{user}` may not {action}",
        hint="ask the registry's administrator for a token that may",
        about="A token is good for its scopes alone: publish, yank, owner, admin. It makes none that may do more, "
        "and revokes none; of those that are good a user has 1,000 at most.",
    ),
    "E722": Wording(
        title="`{user}` is no owner of `{name}`",
        hint="its owners can make you one, `skillctl owner add`: {owners}",
        about="The first who publishes under a name owns it, and makes others owners. Packs in a scope belong to the "
        "owners of the scope.",
    ),
    "E723": Wording(
        title="`{name}` looks like `{other}`, which is another's",
        hint="take a name that nobody mistakes for it, or one in a scope of yours; who owns `{other}` may take it",
        about="Names that differ by one letter, by separators, or by letters that look alike, are how people come "
        "to install what they did not mean. Names of fewer than five letters are close to everything, so one letter "
        "more, less or other counts from five on, and numbers are meant: `week-1` and `week-2`. As plugins, "
        "`acme-tools` and `@acme/tools` even have one name, so it is for the owners of `@acme`. The owner of a name "
        "may take others like it. Where no server knows owners, the `author` of skill.json stands for the owner.",
    ),
    "E724": Wording(
        title="nobody has the scope `{scope}` in this registry yet",
        hint="its administrator begins it: `skillctl owner add {scope} USER`",
        about="A scope is an organisation. It begins when an administrator gives it its first owner.",
    ),
    "E725": Wording(
        title="too many requests; the registry asks for {seconds} s of patience",
        hint="try again then",
        about="A server gives everybody a share of its time, so that nobody takes all of it.",
    ),
    "E726": Wording(
        title="what was sent is larger than the {limit} bytes that the registry takes",
        hint="leave files out by `files` in skill.json",
        about="Bodies are counted while they come, and refused as soon as they are too large.",
    ),
    "E727": Wording(
        title="the registry has no `{path}`",
        hint="",
        about="No file and no endpoint of the server has that path.",
    ),
    "E728": Wording(
        title="the answer of {host} is none of a registry's server",
        hint="{url} gave something else; is there a proxy, or a page to sign in, in between?",
        about="Answers of a server have a form. One that has not is not guessed at.",
    ),
    "E729": Wording(
        title="{host} refused, and did not say why (status {status})",
        hint="{url}: {advice}",
        about="A registry's server says what is wrong by a code. This answer came perhaps from a proxy before it. One "
        "that takes small bodies only refuses larger packs with status 413.",
    ),
    "E730": Wording(
        title="`{name} {version}` was deleted, and its version is never used again",
        hint="publish another version",
        about="A name and a version mean the same files for ever, also when the files are gone: a lock may name them.",
    ),
    "E731": Wording(
        title="{location} is no registry that a server stands before",
        hint="owners and tokens are for registries that `skillctl registry serve` serves; `--registry` names one",
        about="The config.json of a registry says whether a server takes what is published. Files alone take nothing.",
    ),
    "E732": Wording(
        title="the database {database} can't be used: {reason}",
        hint="`--db` is a URL such as `sqlite:////srv/registry.db` or `postgresql://user@host/name`",
        about="A registry's server keeps names, releases, owners and tokens in a database.",
    ),
    "E733": Wording(
        title="{storage} holds a registry that {database} knows nothing of",
        hint="start the server with the database that belongs to it, or with an empty directory",
        about="Files and database of a server belong together. A server never begins over files that somebody uses.",
    ),
    "E734": Wording(
        title="`skillctl registry serve` needs packages that are not installed: `{package}` is missing",
        hint="install the extra: `skillctl-toolkit[server]`",
        about="What only a server needs is an extra, so that nobody else has to install it.",
    ),
    "E735": Wording(
        title="the release of `{name}` is taken, and not signed yet",
        hint="it follows by itself; publish again to see whether it has",
        about="The database has decided; the signed files follow. The signer is busy, or can't reach the storage.",
    ),
    "E736": Wording(
        title="there is no {what} `{name}` in this registry",
        hint="",
        about="What was named is not there, or not yours to see.",
    ),
    "E737": Wording(
        title="the request is not what the endpoint takes: it takes {what}",
        hint="",
        about="The OpenAPI document of the server, `api/v1/openapi.json`, says what each endpoint takes.",
    ),
    "E738": Wording(
        title="`{user}` is the last owner of `{name}`",
        hint="make somebody else an owner first",
        about="Something that nobody owns could be changed by nobody.",
    ),
    "E739": Wording(
        title="the registry refuses: {title}",
        hint="{hint}",
        about="The server gave a reason by a code that this version of skillctl does not know.",
    ),
    "W739": Wording(
        title="the registry says: {title}",
        hint="{hint}",
        about="The server warns by a code that this version of skillctl does not know.",
    ),
    "E740": Wording(
        title="the archive has no `{file}`",
        hint="`skillctl pack` makes archives that a registry takes",
        about="A published pack has its manifest at its root.",
    ),
    "E741": Wording(
        title="the archive has files that the manifest leaves out: {files}",
        hint="`skillctl pack` leaves them out",
        about="The tree of a release is what the manifest lets in, no more: what is signed is what was meant.",
    ),
    "E742": Wording(
        title="a signature of `{name} {version}` does not hold",
        hint="sign again: `skillctl publish --sign`",
        about="An author's signature is checked when it arrives, so that none is published that nobody can verify.",
    ),
    "E743": Wording(
        title="the body is of another type than {expected}",
        hint="",
        about="Each endpoint takes bodies of one type.",
    ),
    "E744": Wording(
        title="`{path}` does not answer {method}",
        hint="",
        about="The OpenAPI document of the server, `api/v1/openapi.json`, says what each path answers.",
    ),
    "E745": Wording(
        title="the registry's server failed",
        hint="try again; its keeper finds more in its log",
        about="Something went wrong in the server that is no fault of the request. No details are told to the outside.",
    ),
    "E746": Wording(
        title="port {port} of {host} can't be had: {reason}",
        hint="choose another by `--port` or `--host`; with `--port 0` the system chooses one that is free",
        about="A server needs an address of this machine, and a port of its own there.",
    ),
    "E747": Wording(
        title="{location} can't be asked offline",
        hint="run the command without `--offline`",
        about="Publishing, yanking, owners and tokens are the server's business, and it is elsewhere.",
    ),
    "E748": Wording(
        title="the database {database} knows of no registry",
        hint="`--db` is the database that `skillctl registry serve` uses for these files",
        about="An index is made again of the database that decides what is published. An empty one would empty it.",
    ),
    "E749": Wording(
        title="`{file}` of {registry} differs: {what}",
        hint="`skillctl registry index --rebuild {registry}` makes it again; a server that runs may be about to",
        about="`registry index --check` compares the index and the catalog with what they are made of: the database of "
        "a served registry, the archives of another.",
    ),
    "E777": Wording(
        title="the signed files of {registry} can't be made again: `{file}` is neither there nor in the database",
        hint="bring the `root.json` and `targets.json` files of `metadata/` back from a copy, and try again",
        about="Keys that are kept away from the server signed every root and the top-level targets. The database "
        "remembers these files from the first start of a server that knows of it, and what neither it nor the tree has "
        "comes from a copy alone.",
    ),
    "E778": Wording(
        title="the files of the registry in {storage} are not whole",
        hint="`skillctl registry index --rebuild {storage}`, with the server's `--db` and `--keys`, makes all but "
        "archives again of the database; another registry wants a `--db` of its own",
        about="A server signs new states of its tree on top of the last one, and so wants that to verify. It mends "
        "nothing by itself, since files that are away may also be a disk that is not mounted.",
    ),
    "E779": Wording(
        title="the archive of {release} {trouble} in {registry}",
        hint="publish the same files again, or bring it back from a copy or a mirror",
        about="Readers can't install the release. Whoever has its files mends that by `skillctl publish`: the version "
        "stays as it is, and an archive that is away or damaged is put there again.",
    ),
    "E789": Wording(
        title="the index files of {count} packs of {registry} are lost: {packs}",
        hint="bring `index/` back from a copy, or publish the packs again; `skillctl registry index --rebuild` forgets "
        "those that are meant to be gone",
        about="An unsigned registry says in its index files alone which archives belong to it. The catalog still names "
        "these packs, so nothing is tidied: their archives would go with what nobody needs.",
    ),
    "W708": Wording(
        title="the archives of {count} of the releases of {registry} are missing: {releases}",
        hint="bring `blobs/` back from a copy, or publish the same files again; `skillctl registry verify` names "
        "every one that is missing",
        about="A database has everything of a registry but its archives. Releases without one are listed, and can't be "
        "installed.",
    ),
    "W709": Wording(
        title="nobody has ever had a token as `{user}`",
        hint="look at the spelling; the administrator's `skillctl registry token create --user {user}` makes the first",
        about="A registry knows people by their tokens alone. Whoever is given the first one of a name owns what that "
        "name was made an owner of.",
    ),
    "E785": Wording(
        title="SKILLCTL_ADMIN_TOKEN is no token for the administrator: {reason}",
        hint="`openssl rand -hex 32` makes one",
        about="The server keeps the sha256 of a token alone, which is enough where nobody can guess the token. One "
        "that was revoked stays revoked.",
    ),
    "E786": Wording(
        title="`{registry}` is served by an older skillctl, which knows no dry run of this",
        hint="its keeper brings it up to date; nothing was asked of it, since it would have done it",
        about="A server that does not know `dry_run` does not heed it. So before a dry run the server's own "
        "description of its API is read, and a server that doesn't tell of one is not asked.",
    ),
    "E788": Wording(
        title="the database {database} does not know {count} releases that were published in {storage}: {releases}",
        hint="serve with the newest copy of the database; if it is lost for good, `skillctl registry index --rebuild "
        "{storage}` makes the files what this one says, and these releases are gone",
        about="The database is written before the files are signed, so files that have more show that the database was "
        "brought back from an older copy. A server that went on with it would give out the same names and versions a "
        "second time, with other files and other owners.",
    ),
    "E775": Wording(
        title="`{url}` is no address that a registry has",
        hint="give scheme and host, and the path below which a proxy has it: https://packs.acme.example/skills",
        about="Pages and lists for other tools name the registry's address. Where a proxy stands before the server, "
        "`--url` says the one that readers know: http or https, a host, perhaps a port and a path of plain segments.",
    ),
    "E776": Wording(
        title="the lists for other tools are being made",
        hint="try again in a minute",
        about="After its start a server reads the latest release of each pack once, to say what other tools can "
        "install. Who asks meanwhile does not wait for that.",
    ),
}
