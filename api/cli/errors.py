"""How the command line says no: one sentence on standard error and exit code 1, no traceback."""

import functools
from collections.abc import Callable
from typing import ParamSpec

import typer

Arguments = ParamSpec("Arguments")


class CommandError(Exception):
    """Something the operator can put right; the text is one sentence that says what and how."""


def report_errors(command: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Turn the errors an operator can cause into one sentence and exit code 1."""

    @functools.wraps(command)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> None:
        from pydantic import ValidationError

        from campaigns.kit.embedded.errors import EmbeddedPostgresError
        from campaigns.kit.encryption.master_key import MasterKeyError
        from campaigns.kit.errors import DomainError

        try:
            command(*args, **kwargs)
        except (CommandError, EmbeddedPostgresError, MasterKeyError) as error:
            _say(str(error))
        except DomainError as error:
            _say(" ".join([error.detail, *(field.detail for field in error.fields)]))
        except ValidationError as error:
            # Only the settings are validated here: the message names the variable, never its value.
            for one in error.errors(include_input=False, include_url=False):
                name = "_".join(str(part) for part in one["loc"]).upper()
                typer.echo(f"jaring: JARING_{name}: {one['msg'].removeprefix('Value error, ')}.", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    def _say(sentence: str) -> None:
        typer.echo(f"jaring: {sentence[:1].upper()}{sentence[1:].rstrip('.')}.", err=True)
        raise typer.Exit(1) from None

    return wrapped
