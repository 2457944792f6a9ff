"""`skillctl registry token create|list|revoke`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from skillctl.cli.answer import Answer
from skillctl.cli.door import here, now, settings
from skillctl.cli.options import DryRun, Registry
from skillctl.cli.page import Page, Row, bold
from skillctl.cli.parameter import argument, option
from skillctl.core.errors import UsageError

if TYPE_CHECKING:
    from skillctl.app.registry_tokens import TokenOutcome, TokensOutcome


def command(
    action: Annotated[str, argument(metavar="create|list|revoke", help="What to do.")],
    token: Annotated[str, argument(metavar="[ID]", help="The id of the token to revoke, as `list` shows it.")] = "",
    scope: Annotated[
        list[str] | None,
        option("--scope", metavar="SCOPE", help="publish, yank, owner or admin; may be repeated; publish without."),
    ] = None,
    expires: Annotated[
        str | None,
        option("--expires", metavar="WHEN", help="How long it is good for, 90d, or until a day, 2027-01-31."),
    ] = None,
    user: Annotated[
        str | None, option("--user", metavar="USER", help="For, or of, this user; for administrators.")
    ] = None,
    everybody: Annotated[bool, option("--all", help="List the tokens of all users; for administrators.")] = False,
    registry: Registry = "",
    dry_run: DryRun = False,
) -> Answer:
    """Make, list and revoke tokens of a registry's server.

    A token is shown once, when it is made. It may do what its scopes say, for the packs of its user.
    """
    from skillctl.app.registry_tokens import create_token, list_all_tokens, list_tokens, revoke_token
    from skillctl_registry.endpoints.tokens import TokenWish

    if action not in ("create", "list", "revoke"):
        raise UsageError.of("E023", option="create|list|revoke", reason=f"`{action}` is none of these")
    if (action == "revoke") != bool(token):
        raise UsageError.of("E023", option="ID", reason="`revoke` takes the id of a token, and nothing else does")
    if everybody and (action != "list" or user):
        raise UsageError.of("E023", option="--all", reason="`list` takes it, without --user")
    for name, value in (("--user", user), ("--expires", expires)):
        if value == "":  # a variable of the shell that has nothing would mean oneself, or for ever
            raise UsageError.of("E023", option=name, reason="it is empty; leave it out if nothing is meant")
    if action == "create":
        wish = TokenWish(user=user or "", scopes=tuple(scope or ("publish",)), expires=expires or "")
        return _made(create_token(settings(), here(), registry, wish, now=now(), dry_run=dry_run))
    if action == "revoke":
        return _listed(revoke_token(settings(), here(), registry, token, dry_run=dry_run))
    if everybody:
        return _listed(list_all_tokens(settings(), here(), registry))
    return _listed(list_tokens(settings(), here(), registry, user=user or ""))


def _made(outcome: TokenOutcome) -> Answer:
    def shown(page: Page) -> None:
        facts = outcome.facts
        page.line("would make a token for " if outcome.dry_run else "made a token for ", ", ".join(facts.scopes))
        if not outcome.dry_run:
            page.table(
                [
                    ("id", facts.id),
                    ("user", facts.user),
                    ("expires", facts.expires or "never"),
                    ("token", bold(outcome.token.reveal())),
                ],
                indent="  ",
            )
            page.line("It is shown this once: `skillctl login` keeps it where it is needed.")

    return Answer(outcome, shown)


def _listed(outcome: TokensOutcome) -> Answer:
    def shown(page: Page) -> None:
        rows: list[Row] = [
            (
                bold(each.id),
                each.user,
                ", ".join(each.scopes),
                f"made {each.created}",
                f"last used {each.used}" if each.used else "never used",
                f"revoked {each.revoked}" if each.revoked else f"until {each.expires}" if each.expires else "for ever",
            )
            for each in outcome.tokens
        ]
        if outcome.dry_run:
            page.line("would be revoked:")
        page.table(rows)
        if not rows:
            page.line("no tokens")

    return Answer(outcome, shown)
