"""Words of executing plans: tools, steps, isolation, the program that runs, and its checks."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

WORDS: dict[str, Wording] = {
    "E520": Wording(
        title="`{program}` can't be started: {reason}",
        hint="is it installed and executable? `skillctl runtime log` shows the whole call",
        about="The system would not start a program that a plan, a stack or the isolation needs.",
    ),
    "E521": Wording(
        title="isolation is required, and none works here: {reasons}",
        hint="install bubblewrap, or `skillctl config set runtime.isolation auto` to run without walls",
        about="With `runtime.isolation` at `required` nothing of a plan is run where neither bubblewrap nor Landlock "
        "keeps it apart from the rest of the machine.",
    ),
    "E522": Wording(
        title="this project needs {tools}, which this machine does not have: {why}",
        hint="{how}",
        about="Every tool that installing and building will call is looked for before anything is written. Where one "
        "of several would do, all of them are named.",
    ),
    "E523": Wording(
        title="`{step}` failed in {where}, with status {status}",
        detail="{lines}",
        hint="`skillctl runtime log` shows everything that was run and what it said",
        about="A tool that installs or builds the project ended with an error. Its own error lines are shown, the "
        "first one first. What succeeded before is kept, so the next execution begins here.",
    ),
    "E524": Wording(
        title="`{step}` took more than {seconds} seconds in {where} and was ended",
        hint="give it more with `{key}` in the plan, unless the settings bound it: `skillctl config list`",
        about="Every command has a time, from the plan or from the settings. When it is over, the command is ended "
        "with all that it started.",
    ),
    "E525": Wording(
        title="there is nothing to start in `{path}`",
        hint="give the plan a `run` command; after `clean`, or a build that failed, execute the plan again",
        about="The project was built, but it is a library, or its stack found no beginning in it or several, and the "
        "plan has no `run`; or it was not built to its end, or cleaned since.",
    ),
    "E526": Wording(
        title="`{program}` was not ready after {seconds} seconds: {wanted}",
        detail="{lines}",
        hint="`ready` in the plan says when the program counts as started, and `ready.timeout` how long to wait for it",
        about="A server counts as started when it listens, answers or says what the plan's `ready` asks for. It was "
        "ended.",
    ),
    "E527": Wording(
        title="nothing in the plan says what the project is built with: {files}",
        hint="give the plan a `stack` or a `run` command",
        about="The stack follows from manifests, from the names and endings of files and from the run command.",
    ),
    "E528": Wording(
        title="the program was ended: {reason}",
        hint="`limits` and `timeouts` in the plan bound it, and so do the settings: `skillctl config list`",
        about="A program may use only so much time, memory, processor time, processes and output, together with all "
        "that it started. It went over a bound and was ended.",
    ),
    "E529": Wording(
        title="the check `{check}` failed: {reason}",
        detail="{lines}",
        hint="`skillctl runtime log` shows what the program said",
        about="A plan's `checks` say what must hold of a run: exit status, output, an answer over HTTP, a file, a "
        "command.",
    ),
    "E530": Wording(
        title="there is no plan at `{path}`",
        hint="give a file, `-` for standard input, or `PACK:PLAN`: `skillctl runtime plans` lists those of packs",
        about="A plan is a JSON file, what comes in on standard input, or one that an installed pack offers.",
    ),
    "E531": Wording(
        title="`{path}` has no run `{run}`",
        hint="`skillctl runtime log --list` shows the runs that are kept",
        about="Each execution and each run of a project has a journal; the newest fifty are kept.",
    ),
    "W520": Wording(
        title="the plan asks for the network `{network}`: {reason}",
        hint="bubblewrap can close the network for a program",
        about="What a program may reach is held by the isolation, and not every way can hold every wish.",
    ),
    "W521": Wording(
        title="{what}",
        hint="it was left as it is",
        about="Something in the plan that may be a mistake was seen and left alone, since there is more than one way "
        "to mend it, or since mending would mean to guess.",
    ),
    "W522": Wording(
        title="the plan names the secret `{name}`, which is not set",
        hint="set the variable before you run the project",
        about="Secrets come from the caller's environment, by the names that the plan gives. The program runs without.",
    ),
    "W523": Wording(
        title="the program asked for input, and there is none",
        hint="give the plan a `stdin`, or pass what it needs as arguments",
        about="A program of a plan reads the plan's `stdin`, else nothing: nobody sits at a keyboard when an agent "
        "runs it.",
    ),
    "W524": Wording(
        title="programs of this plan run without isolation: {reasons}",
        hint="install bubblewrap to keep them apart from your files",
        about="Neither bubblewrap nor Landlock works here, so what the plan runs can read and write what you can.",
    ),
    "N520": Wording(
        title="the plan has no checks; it was looked at whether the program starts",
        about="`skillctl runtime check` runs what the plan's `checks` ask for. Without any, a server has to become "
        "ready and any other program has to end with status 0.",
    ),
}
