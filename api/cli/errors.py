"""Errors of the command line: one sentence on standard error and exit code 1, no traceback."""

import functools
from collections.abc import Callable
from typing import ParamSpec

import typer

Arguments = ParamSpec("Arguments")


class CommandError(Exception):
    """An error that the operator can fix; its text is one sentence that says what is wrong and what to do."""


def report_errors(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Print errors that an operator can cause as one sentence and exit with code 1."""

    @functools.wraps(command)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        from pydantic import ValidationError

        from campaigns.kit.embedded.errors import EmbeddedPostgresError
        from campaigns.kit.encryption.master_key import MasterKeyError
        from campaigns.kit.environment.faults import UnknownSetting, value_faults
        from campaigns.kit.errors import DomainError

        try:
            command(*args, **kwargs)
        except (CommandError, EmbeddedPostgresError, MasterKeyError, UnknownSetting) as error:
            _say(str(error))
        except DomainError as error:
            _say(" ".join([error.detail, *(field.detail for field in error.fields)]))
        except ValidationError as error:
            # Only settings are validated here.
            for fault in value_faults(error):
                typer.echo(f"jaring: {fault}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    def _say(sentence: str) -> None:
        typer.echo(f"jaring: {sentence[:1].upper()}{sentence[1:].rstrip('.')}.", err=True)
        raise typer.Exit(1) from None

    return wrapped
