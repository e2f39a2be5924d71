"""The command line, `jaring`. Each command imports what it needs when it runs, so that `--help` is instant."""

from typing import Annotated

import typer

from api.cli.refusing import plainly

app = typer.Typer(
    help="Jaring: recruitment campaigns from a tapped link to an accepted applicant.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)
app.add_typer(keys, name="keys")


@app.command()
@plainly
def serve(
    demo: Annotated[bool, typer.Option(help="Fill an empty database with invented data first.")] = False,
) -> None:
    """Start the database (unless JARING_DATABASE_URL names one), bring it up to date, and serve until Ctrl-C."""
    from api.cli.serving import serve_until_stopped

    serve_until_stopped(demo=demo)


@app.command()
@plainly
def migrate() -> None:
    """Bring the database's schema to this version; does nothing if it is there already."""
    from api.cli.database import migrate_database

    typer.echo(migrate_database())


@app.command()
@plainly
def demo() -> None:
    """Fill an empty database with invented units, campaigns, links, taps and applicants."""
    from api.cli.demonstrating import fill_with_demo

    typer.echo(fill_with_demo())


@keys.command("create")
@plainly
def create_key(
    role: Annotated[str, typer.Option(help="administrator, marketer, recruiter or viewer.")],
    name: Annotated[str, typer.Option(help="What or whom the key is for.")],
    unit: Annotated[str | None, typer.Option(help="Code of the unit; by default the national one.")] = None,
    days: Annotated[int, typer.Option(min=1, max=730, help="Days until it expires.")] = 365,
) -> None:
    """Make an API key and print it once. In an empty database this also makes the national unit."""
    from api.cli.keys import make_key

    typer.echo(make_key(role=role, name=name, unit_code=unit, days=days))


@keys.command("list")
@plainly
def list_keys() -> None:
    """List all keys by their beginning; the keys themselves are not stored."""
    from api.cli.keys import key_table

    typer.echo(key_table())


@keys.command("revoke")
@plainly
def revoke_key(beginning: Annotated[str, typer.Argument(help="The key's beginning as `keys list` shows it.")]) -> None:
    """Revoke a key; it stops working at once."""
    from api.cli.keys import revoke

    typer.echo(revoke(beginning))


@app.command()
@plainly
def openapi() -> None:
    """Print the OpenAPI document."""
    from api.main import create_api
    from api.openapi import rendered
    from campaigns.kit.settings import Settings

    # Without the environment's settings: the document is the same wherever it is printed.
    typer.echo(rendered(create_api(Settings.model_construct()).openapi()), nl=False)


@app.command()
@plainly
def doctor() -> None:
    """Check the set-up part by part; exits with 1 if something is wrong."""
    from api.cli.checking import check_everything

    well = True
    for finding in check_everything():
        well = well and finding.well
        typer.echo(f"{'ok  ' if finding.well else 'FAIL'} {finding.part}: {finding.detail}")
    raise typer.Exit(0 if well else 1)
