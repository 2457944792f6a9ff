"""Words of the codes of the runtime: plans, what confines them, the tools that build them, and their runs."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_PLAN = {
    "E501": Wording(
        title="`{key}` of the plan must be {wanted}; it is {found}",
        hint="the plan's fields stand in the reference, under `plan`",
        about="A plan is JSON with at least `files`, a list of objects with `filename` and `code`. What models "
        "commonly get wrong in its form is mended and reported; this is something that can't be read in one way only.",
    ),
    "E502": Wording(
        title="`{key}` of the plan needs either `code` or `content_base64`",
        hint="give the text in `code`, or the bytes in `content_base64`; `from` is for plans of installed packs",
        about="A file of a plan has its text in `code` or its bytes in `content_base64`, one of the two. A plan in a "
        "pack may also name a file of the pack with `from`.",
    ),
    "E503": Wording(
        title="`{key}` of the plan is no base64",
        hint="encode the bytes with the standard alphabet, `+` and `/`",
        about="`content_base64` is read by RFC 4648, section 4; white space in it means nothing.",
    ),
    "E504": Wording(
        title="`{key}` of the plan is not the sha256 of the file",
        detail="wanted {wanted}, found {found}",
        hint="correct the digest, or leave it out",
        about="A plan may give the sha256 of a file's bytes, as they are before repairs. A file that has another one "
        "was damaged on its way.",
    ),
    "E505": Wording(
        title="the plan names `{path}`, which no project may hold: {rule}",
        hint="use a path inside the project, without `..`, with names that every system accepts",
        about="Paths of a plan stay in its project: relative, with slashes, no `..`, no drive, no NUL, no name that "
        "some system reserves (`con`, `aux.txt`), no trailing dot or space, at most 255 bytes and 32 names. "
        "`.skillctl` belongs to the runtime and `.git` to whoever keeps the repository: a hook there would run "
        "later, outside every isolation. Such a path is refused, never mended.",
    ),
    "E506": Wording(
        title="`{path}` of the plan can't stand beside `{other}`: {rule}",
        hint="give one of them another name",
        about="Two files of a plan whose names differ only in letter case or Unicode form are one file on some "
        "systems, and a path can't be a file and a directory. A plan also doesn't delete what it writes.",
    ),
    "E507": Wording(
        title="{what} of the plan is too large: {size}, and the limit is {limit}",
        hint="let the program make or fetch large data when it runs",
        about="A plan holds at most 2,000 files, 10 MiB in one and 100 MiB together, 50 commands of each kind, and "
        "10 MiB of standard input.",
    ),
    "E508": Wording(
        title="the plan may not set the variable `{name}`: {rule}",
        hint="take it out of `env`; a program's own settings belong under names of its own",
        about="Some variables change which program runs or what is loaded into it (`PATH`, `LD_PRELOAD`, `HOME`), and "
        "no plan may set them. Others steer an interpreter (`PYTHONPATH`, `NODE_OPTIONS`): they are let through "
        "where what the plan runs is isolated.",
    ),
    "E509": Wording(
        title="`{package}` is no package that a plan may ask for: {rule}",
        hint="write a name with an optional version, as `fastapi>=0.110` or `express@^4`",
        about="Dependencies of a plan are names of packages with versions. Options (`--index-url`), addresses "
        "(`git+https://…`) and paths are refused, because they fetch from somewhere that nobody chose.",
    ),
    "E510": Wording(
        title="the plan may not run `{line}`: {rule}",
        hint="run it in the project, as the user that you are",
        about="No command of a plan raises its privileges (`sudo`, `su`, `doas`), leaves the project with `cd /…`, or "
        "holds control characters.",
    ),
    "E511": Wording(
        title="`{key}` of the plan is {found}; allowed is {wanted}",
        hint="choose a value in that range",
        about="Ports, times and limits of a plan have ranges.",
    ),
    "E512": Wording(
        title="`{path}` is there already and was not made by skillctl",
        hint="choose another directory with `--output`, or write into it with `--force`",
        about="The runtime writes into a directory that is new, empty or its own: one that it made bears a record in "
        "`.skillctl`. With `--force` it takes another directory over; what it overwrites there is kept as a backup.",
    ),
    "E513": Wording(
        title="`{path}` is {kind} where the plan needs a {wanted}",
        hint="move it out of the way",
        about="The runtime follows no link below a project and replaces no directory by a file: somebody could lead a "
        "write out of the project by a link.",
    ),
    "E514": Wording(
        title="there is no backup `{backup}` of `{path}`",
        hint="`skillctl runtime restore {path} --list` shows those that there are",
        about="Before a file of a project is overwritten it is kept under `.skillctl/backups`. The oldest backups are "
        "removed when there are more than ten.",
    ),
    "E515": Wording(
        title="`{path}` is no project of the runtime",
        hint="make one from a plan with `skillctl runtime execute PLAN`",
        about="Commands on a project need one that the runtime made: its record lies in `.skillctl/project.json`.",
    ),
    "E516": Wording(
        title="no installed pack offers the plan `{plan}`",
        hint="`skillctl runtime plans` shows those that there are",
        about="`pack:plan` names a plan that the manifest of an installed pack lists under `plans`.",
    ),
    "E517": Wording(
        title="the plan `{plan}` has no variable `{variable}`",
        hint="it has: {known}",
        about="A plan of a pack declares under `variables` what may be set with `--set NAME=VALUE`.",
    ),
    "E518": Wording(
        title="the plan `{plan}` needs a value for `{variable}`: {description}",
        hint="give it with `--set {variable}=VALUE`",
        about="A variable without a default has to be given.",
    ),
    "E519": Wording(
        title="the plan `{plan}` can't be filled in: {reason}",
        hint="this is the pack author's to mend",
        about="Texts of a pack's plan are jinja2 templates, rendered in a sandbox; files named with `from` must be in "
        "the pack.",
    ),
    "W500": Wording(
        title="the plan has a key that nobody here knows: `{key}`",
        hint="it was passed over",
        about="Unknown keys of a plan are not refused, since models add some and newer plans have more, but they do "
        "nothing.",
    ),
    "W501": Wording(
        title="`version` of the plan is `{found}`, and is passed over",
        hint="the format of plans is version 1; the project's own version belongs into its manifest",
        about="`version` tells the format of the plan, which is 1. Models write the version of their project there.",
    ),
}

_MODEL = {
    "E545": Wording(
        title="there is no key for the language model",
        hint="put one into `cloud_agent/apikey.txt` here, the variable OPENAI_API_KEY, the system's keyring "
        "(`skillctl login --llm`), or the file `openai_api_key` in skillctl's configuration directory",
        about="`skillctl runtime generate` asks a language model for a plan. The four places are looked at in this "
        "order. A server of your own that wants no key takes any text as one.",
    ),
    "E546": Wording(
        title="`{server}` gave no plan: {reason}",
        hint="`skillctl config get llm.base_url` and `llm.model` tell what is asked",
        about="The server of the language model could not be reached, or refused the request. Requests that fail for "
        "a passing reason are sent again as often as `llm.max_retries` says.",
    ),
    "E547": Wording(
        title="`{model}` made no plan that holds in {rounds} answers",
        hint="say in the prompt what was wrong, or choose another model with `skillctl config set llm.model NAME`",
        about="Each answer is checked like any plan, and what is wrong with it is sent back to the model. The problems "
        "of the last answer follow this one.",
    ),
    "E548": Wording(
        title="the prompt is empty",
        hint='say what the program should do: `skillctl runtime generate "a clock in the terminal"`',
        about="A plan is made of what the prompt says.",
    ),
    "E549": Wording(
        title="the system's keyring keeps nothing: {reason}",
        hint="{instead}",
        about="Secrets are kept in the system's keyring, and this system has none that works. A file or a variable "
        "serves as well, though others who may read it see the key.",
    ),
}

_STACKS: dict[str, Wording] = {
    "E535": Wording(
        title="`{package}` is no package that {manager} can install by name and version",
        hint="write it like `{example}`; what comes from an address belongs into the project's own manifest",
        about="`dependencies.packages` of a plan holds names with versions. An option or an address in it would be "
        "read by the package manager as an order of another kind, so it is refused before anything is written.",
    ),
    "E536": Wording(
        title="`{directory}` is no directory",
        hint="name the directory of a project: the one that `skillctl runtime execute` made, or any other",
        about="What a project consists of is told from the files in its directory.",
    ),
    "E540": Wording(
        title="several of the jars that were built can be started: {jars}",
        hint="say which one in the plan's `run`: `java -jar target/server.jar`",
        about="After a Java build each jar is opened, and the one that names a Main-Class is the program. Where "
        "several do, with different classes, nobody can tell which one is meant.",
    ),
    "E541": Wording(
        title="`{script}` needs a newer Gradle than {found}, and can't be built by Maven instead: {why}",
        hint="install Gradle 8 or newer, or put the whole wrapper, its jar included, into the project",
        about="Gradle before 7 does not understand the build scripts of today. Where only such a one is installed, a "
        "script that says no more than dependencies, versions and the main class is built by Maven. One that says more "
        "is not half understood.",
    ),
}

WORDS: dict[str, Wording] = {**_MODEL, **_PLAN, **_STACKS}
