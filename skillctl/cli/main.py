"""The entry point.

What can be answered without work is answered before anything is loaded: the version, the overview, that there is
nothing to do. Everything else goes through `skillctl.cli.frame`.
"""

from __future__ import annotations

import gc
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # Ctrl-C may come at once: what is loaded here is loaded before there is an answer to it
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; gives back the exit status (0 done, 1 failed or problems found, 2 called wrongly)."""
    try:
        return _answered(arguments)
    except KeyboardInterrupt:  # while modules were still being loaded; later the frame has an answer to it
        print("error E091: stopped by you", file=sys.stderr)
        return 130


def _answered(arguments: Sequence[str] | None) -> int:
    from skillctl.cli.streams import open_streams

    open_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words in (["--version"], ["-V"]):
        from skillctl.core.about import __version__

        return _printed(f"skillctl {__version__}\n")
    if words in ([], ["--help"], ["-h"], ["help"]):
        from skillctl.cli.overview import program_help

        return _printed(program_help())
    collecting = gc.isenabled()
    gc.disable()  # a command is over before it pays: a tenth of the time for a thousand packs, and no more memory
    try:
        return _run(words)
    finally:
        _close_guards()
        if arguments is None:
            gc.freeze()  # the process ends: a last look through all it holds would take 30 ms for a thousand packs
        elif collecting:
            gc.enable()


def _run(words: list[str]) -> int:
    if words[0] == "hook":
        from skillctl.cli.hook import hook

        return hook(words[1:])
    if words[0] == "__complete":
        from skillctl.cli.complete import complete

        return _printed(complete(words[1:]))
    if words in (["install"], ["sync"]):
        from skillctl.cli.quick import nothing_to_do

        answer = nothing_to_do(words[0])
        if answer is not None:
            return _printed(f"{answer}\n")
    from skillctl.cli.frame import run

    return run(words)


def _close_guards() -> None:
    """What a guard opened for the command ends with it; nothing is loaded for that."""
    module = sys.modules.get("skillctl_plugins.patchwork.guard")
    if module is not None:
        module.close_guards()


def _printed(text: str) -> int:
    from skillctl.cli.streams import UnwrittenError, flush_result, silence_output, write_result

    try:
        write_result(text)
        flush_result()
    except BrokenPipeError:
        silence_output()
    except UnwrittenError as error:
        from skillctl.cli.frame import unwritten

        return unwritten(error)
    return 0


if __name__ == "__main__":
    sys.exit(main())
