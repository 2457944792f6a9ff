"""Words of the codes of this area: plugins and their hooks, trust, policy, the audit log, Patchwork."""

from __future__ import annotations

from skillctl.core.wording.entry import Wording

_PATCHWORK = {
    "E650": Wording(
        title="Patchwork says no to `{call}`: {reason}",
        hint="nothing was done; an approval that it asks for is yours to give: skillctl never approves",
        about="The program `patchwork` is on this machine, so it is asked about each effect before anything happens. "
        "The reason is its own. If it names `patchwork approve`, run that yourself and then the same command again: "
        "the session that was refused is taken up, so the approval holds.",
    ),
    "E651": Wording(
        title="Patchwork gave no decision on `{call}`: {reason}",
        hint="`skillctl doctor` tests it; `skillctl plugins disable patchwork` leaves it out",
        about="An engine that is there and does not answer counts as a no: a call that takes longer than ten seconds, "
        "ends with another status than 0, says nothing, or says what is no decision.",
    ),
    "E652": Wording(
        title="`{program}` does not answer as Patchwork does: asked about {asked}, it said: {said}",
        hint="mend or remove that installation; `skillctl plugins disable patchwork` leaves it out",
        about="Before the first use in a run two questions are asked whose answer no policy changes. An engine that "
        "answers them otherwise is broken, or another program of that name, and everything counts as denied.",
    ),
    "E653": Wording(
        title="Patchwork's log does not verify: {reason}",
        hint="`patchwork verify` tells more; with a damaged log it records nothing and may decide nothing",
        about="One line that is damaged is enough for Patchwork to append nothing any more, without a word. So its log "
        "is verified before the first use in a run, and nothing is done while it does not hold.",
    ),
    "N650": Wording(
        title="asking Patchwork, a second or so for each effect, eight at a time; effects: {calls}",
        about="Each effect is one call of the program, which has to start for it. The same number follows afterwards, "
        "one at a time, so that each is recorded.",
    ),
    "W650": Wording(
        title="Patchwork did not record {missing} of the {expected} events of session `{session}`",
        hint="skillctl's own audit log has them; `patchwork verify` tells whether its log is whole",
        about="Patchwork gives a record up when its log is busy or damaged, and says nothing. What is missing was sent "
        "a second time before this warning.",
    ),
    "W651": Wording(
        title="Patchwork could not be told of `{call}`: {reason}",
        hint="skillctl's own audit log has it",
        about="What is done stays done; only its record in Patchwork's log may be missing.",
    ),
    "W652": Wording(
        title="Patchwork's log is not sealed after this run: {reason}",
        hint="`patchwork verify --strict --require-seal` tells more",
        about="After a plan the log is sealed and verified strictly, so that a tail that is cut off later is noticed.",
    ),
}

_CLIENTS = {
    "E670": Wording(
        title="the hook `{event}` was told something that can't be understood: {reason}",
        hint="it is meant to be run by an agent's client: `skillctl hooks install`",
        about="A client writes one JSON object to its hook. Before a tool or a skill is used, anything else is a no.",
    ),
    "E671": Wording(
        title="the tool `{tool}` is about to be used without its `{key}`, so nobody can judge it",
        hint="give it a text",
        about="What a tool will do is judged by its input. Where the part that says it is missing, the answer is no.",
    ),
    "E672": Wording(
        title="the skill `{skill}` of the pack `{pack}` was changed after it was installed: {files}",
        hint="`skillctl sync --force` puts back what was locked and keeps a copy of what is there",
        about="When an agent uses a skill that skillctl installed, the digest of each of its files is compared with "
        "what was installed. What differs is not what was locked and reviewed, so the use is stopped. Files that were "
        "added beside them do not count.",
    ),
    "E673": Wording(
        title="the settings `{file}` are not of the form that hooks could be put into",
        hint="mend the file; it was not touched",
        about="`hooks install` puts its entries beside what is there. It touches no file that it can't read: settings "
        "are one JSON object, in which `hooks` is an object of lists.",
    ),
    "E674": Wording(
        title="skillctl has no hooks for the agent `{agent}`",
        hint="there are some for: {known}",
        about="Each client has its own hooks and its own protocol, and each one is tested with the real client.",
    ),
    "E675": Wording(
        title="the settings `{file}` are a link that leads out of the project, to `{target}`",
        hint="replace the link by a file, or name the user's settings with `--global`",
        about="A repository may bring a link that points at a file of the user. Settings of a project are written in "
        "the project or not at all.",
    ),
    "E680": Wording(
        title="{check}: {detail}",
        about="`skillctl doctor` found something that will not work. What to do about it stands beside the check.",
    ),
    "W670": Wording(
        title="`{key}` is set in `{file}`, so the client runs no hook at all",
        hint="take it out if skillctl is to be asked",
        about="The client has a switch that turns every hook off; then it asks nobody.",
    ),
}

_HOOKS = {
    "E600": Wording(
        title="the plugin `{plugin}` blocked this at `{event}`: {reason}",
        hint="`skillctl plugins info {plugin}` tells what it is; `skillctl plugins disable {plugin}` leaves it out",
        about="An event before something is closed: a callback that raises, or takes longer than it may, blocks what "
        "was going to happen. Nothing was done.",
    ),
    "E601": Wording(
        title="the plugin `{plugin}` changed the {argument} at `{event}` into something that can't be used",
        hint="`skillctl plugins disable {plugin}` leaves it out",
        about="What a plugin makes of a plan goes through the same checks as any plan. The problems that were found "
        "follow this one.",
    ),
    "E602": Wording(
        title="{reason}",
        about="A plugin in a process of its own answered with a failure, or with something that is no answer.",
    ),
    "E603": Wording(
        title="there is no plugin `{plugin}`",
        hint="similar: {near}; `skillctl plugins` lists all",
        about="Plugins come from the configuration directory, from packs, from the project and from installed "
        "distributions.",
    ),
    "E604": Wording(
        title="`{what}` brings nothing that could be trusted to run",
        hint="name an installed pack that has hooks, or the file of a project's plugin; `skillctl plugins` lists both",
        about="Trust is for code that others brought: the hooks of a pack, whose tree in the store is hashed before, "
        "and a plugin file in a project.",
    ),
    "E605": Wording(
        title="`{what}` was not trusted",
        hint="`skillctl plugins` shows what is",
        about="There is nothing to take back.",
    ),
    "E606": Wording(
        title="the plugin `{plugin}` guards something and can't be loaded, so nothing was done: {reason}",
        hint="mend it; `skillctl plugins disable {plugin}` does without it",
        about="A plugin with the capability `guard` or `policy` is one without which nothing should be done. Other "
        "broken plugins are reported, and the rest go on.",
    ),
    "E607": Wording(
        title="the plugin `{plugin}` answered at `{event}` with something else than {wanted}",
        hint="`skillctl plugins disable {plugin}` leaves it out",
        about="What an answer may be stands with each event. Before something, an answer that can't be understood "
        "blocks it: nobody knows what the plugin wanted to happen.",
    ),
    "W603": Wording(
        title="the plugin `{plugin}` calls the stack `{answer}`, which nobody here knows",
        hint="it was passed over; known are {known}",
        about="`detect_stack` may be answered with the name of a stack. Another name is told and passed over.",
    ),
    "W600": Wording(
        title="the plugin `{plugin}` failed at `{event}`: {reason}",
        hint="what was done stays done",
        about="After something has happened a plugin's failure is reported and undoes nothing.",
    ),
    "W601": Wording(
        title="the plugin `{plugin}` is broken and was left out: {reason}",
        hint="`skillctl plugins disable {plugin}` leaves it out without a word",
        about="A broken plugin does not stop the others, unless it says by `PLUGIN_CAPABILITIES` that it guards "
        "something.",
    ),
    "W602": Wording(
        title="not trusted and left out: the plugins {plugins}",
        hint="`skillctl plugins` tells how each is trusted",
        about="Code that a project or a pack brought runs after `skillctl trust`, and only with the bytes that it had "
        "then: whoever changed has to be trusted again.",
    ),
}

_AUDIT = {
    "E630": Wording(
        title="the audit log can't be written, so nothing was done: {reason}",
        hint="mend what stands in the way of {file}; `skillctl config set audit off` does without a log",
        about="What skillctl is about to do is written down first. If that fails, it is not done.",
    ),
    "E631": Wording(
        title="the audit log is not what was written: line {line}: {what}",
        hint="keep the files in {folder} as they are for whoever looks into it; `skillctl log export` saves a copy",
        about="Each record is chained to the one before it by its hash, and the whole log is compared with checkpoints "
        "that lie beside it and in another directory. What follows a bad record says nothing.",
    ),
    "E632": Wording(
        title="the audit log is not what was written: {what}",
        hint="keep the files in {folder} as they are for whoever looks into it; `skillctl log export` saves a copy",
        about="The log is compared with its last signed checkpoint, with the note beside it of where it ends, and with "
        "a second copy of both in another directory.",
    ),
    "W630": Wording(
        title="{count} began and never ended: {phases}",
        hint="they were killed, or are at work now",
        about="A record is written before a phase and one after it. A phase without the second was killed, or runs "
        "still.",
    ),
    "W631": Wording(
        title="a crash left half a line in the audit log, which the log itself tells of: line {line}",
        about="Nothing is ever deleted from the log: half a line stays, and the record behind it names its digest.",
    ),
    "N630": Wording(
        title="the audit log is off, by your configuration",
        hint="`skillctl config set audit on` writes it again",
        about="Without the log nobody can tell later what skillctl did.",
    ),
}

WORDS: dict[str, Wording] = {**_AUDIT, **_HOOKS, **_PATCHWORK, **_CLIENTS}
