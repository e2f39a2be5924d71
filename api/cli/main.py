"""The command line, `jaring`. Commands import their modules when they run, so that `--help` is instant."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from api.cli.errors import report_errors

app = typer.Typer(
    help="Jaring: recruitment campaigns from a tapped link to an accepted applicant.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)
app.add_typer(keys, name="keys")
clicks = typer.Typer(help="Reclassify stored taps.", no_args_is_help=True)
app.add_typer(clicks, name="clicks")
links = typer.Typer(help="Import and export links as CSV sheets.", no_args_is_help=True)
app.add_typer(links, name="links")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"jaring {version('jaring')}")
        raise typer.Exit


@app.callback()
def options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Take the options of the program itself."""


@app.command()
@report_errors
def serve(
    demo: Annotated[bool, typer.Option(help="Fill an empty database with invented data first.")] = False,
) -> None:
    """Start the database (unless JARING_DATABASE_URL names one), migrate it, and serve until Ctrl-C."""
    from api.cli.serve import serve_until_stopped

    serve_until_stopped(demo=demo)


@app.command()
@report_errors
def migrate() -> None:
    """Upgrade the database schema to this version. Does nothing if it is current."""
    from api.cli.database import migrate_database

    typer.echo(migrate_database())


@app.command()
@report_errors
def demo() -> None:
    """Fill an empty database with invented units, campaigns, links, taps and applicants."""
    from api.cli.demo.fill import fill_with_demo

    typer.echo(fill_with_demo())


@app.command()
@report_errors
def dump(file: Annotated[Path, typer.Argument(help="The file to write; one that exists is replaced.")]) -> None:
    """Write the whole database to one file, while the server runs or not. The master key is not in it."""
    from api.cli.backup.dump import dump_database

    typer.echo(dump_database(file))


@app.command()
@report_errors
def restore(file: Annotated[Path, typer.Argument(help="A file that `jaring dump` wrote.")]) -> None:
    """Load a dump into an empty database."""
    from api.cli.backup.restore import restore_database

    typer.echo(restore_database(file))


@keys.command("create")
@report_errors
def create_key(
    role: Annotated[str, typer.Option(help="administrator, marketer, recruiter or viewer.")],
    name: Annotated[str, typer.Option(help="Person or system that uses the key.")],
    unit: Annotated[str | None, typer.Option(help="Code of the unit. Default: the national unit.")] = None,
    days: Annotated[int, typer.Option(min=1, max=730, help="Days until the key expires.")] = 365,
) -> None:
    """Create an API key and print it once. In an empty database this also creates the national unit."""
    from api.cli.keys import make_key

    typer.echo(make_key(role=role, name=name, unit_code=unit, days=days))


@keys.command("list")
@report_errors
def list_keys() -> None:
    """List all keys by their prefix. Whole keys are not stored."""
    from api.cli.keys import key_table

    typer.echo(key_table())


@keys.command("revoke")
@report_errors
def revoke_key(
    beginning: Annotated[str, typer.Argument(help="Prefix of the key, as shown by `jaring keys list`.")],
) -> None:
    """Revoke a key. It stops working immediately."""
    from api.cli.keys import revoke

    typer.echo(revoke(beginning))


@links.command("import")
@report_errors
def import_links(
    file: Annotated[Path, typer.Argument(help="The CSV sheet, as a spreadsheet program saved it.")],
    unit: Annotated[str | None, typer.Option(help="Code of the unit to act for. Default: the national unit.")] = None,
    keep_name: Annotated[
        list[str] | None,
        typer.Option(help="A term or content to accept although it is a near-duplicate of a name in use. Repeatable."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the sheet without importing it.")] = False,
) -> None:
    """Create a link for each row. All rows are checked first. An interrupted import can be resumed."""
    from api.cli.links import import_sheet
    from campaigns.kit.database.dry_run import RunMode

    mode = RunMode.DRY if dry_run else RunMode.REAL
    typer.echo(import_sheet(file, unit_code=unit, keep_names=keep_name or [], mode=mode))


@links.command("export")
@report_errors
def export_links(
    file: Annotated[Path, typer.Argument(help="The file to write, or - for standard output.", allow_dash=True)],
    unit: Annotated[str | None, typer.Option(help="Code of the unit to act for. Default: the national unit.")] = None,
    campaign: Annotated[str | None, typer.Option(help="Export only the campaign with this slug.")] = None,
) -> None:
    """Write the links of the unit's campaigns as CSV, newest first."""
    from api.cli.links import export_sheet

    typer.echo(export_sheet(file, unit_code=unit, campaign_slug=campaign), err=True)


@clicks.command()
@report_errors
def reclassify(
    everything: Annotated[
        bool, typer.Option("--all", help="Also classify what the current rules have already classified.")
    ] = False,
) -> None:
    """Apply the current rules for bots, bursts and channel groups to history. It can be interrupted and resumed."""
    from api.cli.clicks import reclassify_history

    typer.echo(reclassify_history(everything=everything))


@app.command()
@report_errors
def openapi() -> None:
    """Print the OpenAPI document."""
    from api.main import create_api
    from api.openapi.document import rendered
    from campaigns.kit.settings import Settings

    # Without settings from the environment, so that the document is the same everywhere.
    typer.echo(rendered(create_api(Settings.model_construct()).openapi()), nl=False)


@app.command()
@report_errors
def problems() -> None:
    """Print the page of all problem types and codes, docs/problems.md."""
    from api.problem_codes.page import problems_page

    typer.echo(problems_page(), nl=False)


@app.command()
@report_errors
def doctor() -> None:
    """Check each part of the setup, and start or write nothing. Exits with status 1 if a check fails."""
    from api.cli.doctor.checks import run_checks
    from api.cli.doctor.types import Level

    failed = False
    for diagnosis in run_checks():
        failed = failed or diagnosis.level is Level.FAIL
        typer.echo(str(diagnosis))
    raise typer.Exit(1 if failed else 0)
