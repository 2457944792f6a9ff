"""`skillctl runtime generate`."""

from __future__ import annotations

from typing import Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import at, environment, here, settings
from skillctl.cli.options import DryRun
from skillctl.cli.page import Page, bold
from skillctl.cli.parameter import argument, option


def command(
    prompt: Annotated[str, argument(metavar="PROMPT", help="What the program is to do.")],
    output: Annotated[
        str, option("--output", "-o", metavar="DIR", help="Where the project's directory is made; else `output`.")
    ] = "",
    plan_only: Annotated[
        str, option("--plan-only", metavar="FILE", help="Write the plan there, and make no project.")
    ] = "",
    run: Annotated[bool, option("--run", help="Run the program too, and end with its exit status.")] = False,
    force: Annotated[
        bool, option("--force", help="Write over a plan file, or into a directory that the runtime did not make.")
    ] = False,
    dry_run: DryRun = False,
) -> Answer:
    """Ask a language model for a plan, and make a project of it.

    The model is that of the settings under `llm`; any server that speaks OpenAI's protocol will do. Its key is looked
    for in `cloud_agent/apikey.txt`, OPENAI_API_KEY, the system's keyring, and skillctl's configuration directory.
    """
    from skillctl.app.runtime.generate import GenerateRequest, generate
    from skillctl.cli.progress import Progress, passed_on

    request = GenerateRequest(
        prompt=prompt,
        cwd=here(),
        plan_only=at(plan_only) if plan_only else None,
        output_dir=at(output) if output else None,
        run=run,
        force=force,
        dry_run=dry_run,
    )
    progress = Progress()
    try:
        outcome = generate(settings(), environment(), request, reporter=progress, heard=passed_on(progress))
    finally:
        progress.done()

    def shown(page: Page) -> None:
        page.say(f"{outcome.model} made the plan" + (", kept from before" if outcome.cached else ""))
        if outcome.made is None:
            page.line(bold(outcome.file), " would be written" if dry_run else " is written")
        elif outcome.made.ran is None:
            result = outcome.made.result
            page.line(bold(result.project_dir), " would be made" if dry_run else " is made")
            page.line("  start  ", result.run_cmd)

    return Answer(outcome, shown)
