"""The stacks by name, each loaded when it is first asked for: its module has it as `STACK`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import cast

from skillctl_runtime.plan import STACK_NAMES, StackName
from skillctl_runtime.stack import Stack


class _Stacks(Mapping[StackName, Stack]):
    """Every stack there is; the order is that of `STACK_NAMES`."""

    def __getitem__(self, name: StackName) -> Stack:
        if name not in STACK_NAMES:
            raise KeyError(name)
        return cast(Stack, import_module(f"skillctl_runtime.stacks.{name}").STACK)

    def __iter__(self) -> Iterator[StackName]:
        return iter(STACK_NAMES)

    def __len__(self) -> int:
        return len(STACK_NAMES)


STACKS: Mapping[StackName, Stack] = _Stacks()
