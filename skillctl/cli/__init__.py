"""The command line: parse, call one use case, render, give back an exit status.

main      the entry point; answers `--version` and `--help` by itself, since typer costs more than both
table     every command, in order: name, one line, section; data
overview  the table as help text
parameter what a command takes, as data
leaf      one command as typer sees it, built only when it is called
commands/ one module a command: parse, call the use case, render
page      lines for people, escaped and perhaps coloured
envelope  the same answer for programs
usage     what the parser refuses, as problems of our own
"""
