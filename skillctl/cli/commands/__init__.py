"""One module a command. Each has a function `command`, whose signature is what typer parses and whose docstring is its
help, and which gives back an `Answer`: the use case's outcome and how a person is shown it."""
