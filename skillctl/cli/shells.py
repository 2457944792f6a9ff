"""What makes a shell ask skillctl for candidates: one text for each shell.

Each hands over the words before the cursor and offers what comes back. Where nothing comes back, files are offered.
"""

from __future__ import annotations

from collections.abc import Mapping

BASH = r"""# skillctl: completion for bash. In ~/.bashrc: eval "$(skillctl completion bash)"
_skillctl_completion() {
    local line=${COMP_LINE:0:COMP_POINT} current="" kept="" value about
    local -a words
    # the words by themselves: bash splits at `@` and `=`, which are parts of ours
    read -ra words <<< "$line"
    if [[ $line != *[[:space:]] && ${#words[@]} -gt 1 ]]; then
        current=${words[${#words[@]} - 1]}
        unset "words[${#words[@]} - 1]"
    fi
    # what stands before the last place where bash splits is on the line already
    if [[ $COMP_WORDBREAKS == *@* && ${current:1} == *@* ]]; then
        kept=${current%"${current##*@}"}
    elif [[ $COMP_WORDBREAKS == *@* && $current == @* ]]; then
        kept=@
    fi
    COMPREPLY=()
    while IFS=$'\t' read -r value about; do
        COMPREPLY+=("${value#"$kept"}")
    done < <(command "${words[0]}" __complete "${words[@]:1}" "$current" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == "*" ]]; then
        COMPREPLY=("'*'")
    fi
}
complete -o default -o nosort -F _skillctl_completion skillctl 2>/dev/null ||
    complete -o default -F _skillctl_completion skillctl
"""

ZSH = r"""#compdef skillctl
# skillctl: completion for zsh. In ~/.zshrc, after compinit: eval "$(skillctl completion zsh)"
_skillctl() {
    local -a answers shown plain
    local line value about
    answers=("${(@f)$(command "${words[1]}" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    for line in "${answers[@]}"; do
        [[ -z $line ]] && continue
        value=${line%%$'\t'*}
        about=""
        [[ $line == *$'\t'* ]] && about=${line#*$'\t'}
        plain+=("$value")
        shown+=("$value${about:+  -- $about}")
    done
    if (( ${#plain} )); then
        compadd -V skillctl -l -d shown -a plain
    else
        _files
    fi
}
if [[ ${funcstack[1]-} == _skillctl ]]; then
    _skillctl "$@"
else
    compdef _skillctl skillctl
fi
"""

FISH = r"""# skillctl: completion for fish. Into ~/.config/fish/completions/skillctl.fish
function __skillctl_completion
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    command $words[1] __complete $words[2..-1] "$current" 2>/dev/null
end
complete -c skillctl -f -n 'count (__skillctl_completion) >/dev/null' -a '(__skillctl_completion)'
"""

SCRIPTS: Mapping[str, str] = {"bash": BASH, "zsh": ZSH, "fish": FISH}
"""Shell -> the text that it is to read."""
