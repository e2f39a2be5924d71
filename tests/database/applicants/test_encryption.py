"""Personal data in the database: encrypted everywhere, bound to its row, and unreadable without the person's key."""

from datetime import datetime

import httpx
import pytest
from sqlalchemy import LargeBinary, text
from sqlmodel import delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context
from campaigns.access.types import Role
from campaigns.applicants.encryption import PersonVault, open_vault
from campaigns.applicants.models import ApplicantKey, Application, RepeatedApplication, StageChange
from campaigns.kit.encryption.cipher import DecryptionError, unseal
from campaigns.tables import metadata
from tests.factories.intake import registered
from tests.factories.world import World

CANARY = {
    "name": "Kenari Kuning",
    "email": "kenari.kuning@example.com",
    "phone": "+6281399887766",
    "birth_date": "2005-07-19",
}
# Also as typed, in parts, and folded.
TRACES = [*CANARY.values(), "Kenari", "kuning@", "081399887766", "81399887766", "19072005", "secret reason"]


@pytest.fixture
async def applications(
    client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
) -> list[Application]:
    """Two applications with known personal data, one of them moved and registered again."""
    await registered(client, now, **{**CANARY, "phone": "0813-9988-7766"})
    await registered(client, now, **{**CANARY, "name": "Kenari Kuning Again", "email": "Kenari.Kuning@EXAMPLE.com"})
    await registered(client, now, email="other@example.com")
    stored = list((await session.exec(select(Application).order_by(Application.id))).all())  # type: ignore[arg-type]
    moved = await client.post(
        f"/v1/applications/{stored[0].id}/stage",
        json={"stage": "verified", "reason": "secret reason about Kenari"},
        headers=world.as_role(Role.RECRUITER),
    )
    assert moved.status_code == 200
    await session.commit()
    return stored


async def vault_of(session: AsyncSession, context: Context, application: Application) -> PersonVault:
    row = await session.get_one(ApplicantKey, application.applicant_id)
    return open_vault(context.keys, row.applicant_id, row.wrapped_key)


async def test_no_table_holds_personal_data_in_the_clear(
    applications: list[Application], session: AsyncSession
) -> None:
    assert len(applications) == 2
    seen = b""
    for table in metadata.sorted_tables:
        for row in (await session.exec(text(f'SELECT * FROM "{table.name}"'))).all():  # type: ignore[call-overload]
            for value in row:
                seen += value if isinstance(value, bytes) else str(value).encode()
                seen += b"\n"
    assert b"bintara-jabar" in seen, "the dump holds what is no secret"
    folded = seen.lower()
    for trace in TRACES:
        assert trace.lower().encode() not in folded
        assert trace.encode().hex().encode() not in folded


async def test_statement_of_which_columns_are_personal_is_whole(applications: list[Application]) -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if column.info.get("personal")
    }
    assert sealed == {
        "applications.name_sealed",
        "applications.email_sealed",
        "applications.phone_sealed",
        "applications.birth_date_sealed",
        "stage_changes.reason_sealed",
        "repeated_applications.answers_sealed",
    }
    assert all(
        isinstance(metadata.tables[name.split(".")[0]].columns[name.split(".")[1]].type, LargeBinary) for name in sealed
    )


async def test_values_open_in_their_own_row_only(
    applications: list[Application], session: AsyncSession, context: Context
) -> None:
    canary, other = applications
    vault = await vault_of(session, context, canary)
    assert vault.decrypt_answer(canary.id, "name", canary.name_sealed) == "Kenari Kuning"
    with pytest.raises(DecryptionError):
        unseal(vault.data_key, canary.name_sealed, place=f"applications.name/{other.id}")
    with pytest.raises(DecryptionError):
        unseal(vault.data_key, canary.name_sealed, place=f"applications.email/{canary.id}")
    with pytest.raises(DecryptionError):
        unseal(
            (await vault_of(session, context, other)).data_key,
            canary.name_sealed,
            place=f"applications.name/{canary.id}",
        )


async def test_swapped_values_show_nothing(
    applications: list[Application], client: httpx.AsyncClient, world: World, session: AsyncSession
) -> None:
    canary, other = applications
    canary.name_sealed, other.name_sealed = other.name_sealed, canary.name_sealed
    canary.email_sealed, canary.phone_sealed = canary.phone_sealed, canary.email_sealed
    await session.commit()
    listed = await client.get("/v1/applications", headers=world.as_role(Role.RECRUITER))
    assert [item["name"] for item in listed.json()["items"]] == [None, None]
    read = await client.get(f"/v1/applications/{canary.id}", headers=world.as_role(Role.RECRUITER))
    assert [read.json()[key] for key in ("name", "email", "phone", "birth_date")] == [None, None, None, "2005-07-19"]


async def test_a_key_of_another_person_decrypts_nothing(
    applications: list[Application], client: httpx.AsyncClient, world: World, session: AsyncSession, context: Context
) -> None:
    canary, other = [await session.get_one(ApplicantKey, one.applicant_id) for one in applications]
    canary.wrapped_key = other.wrapped_key
    await session.commit()
    with pytest.raises(DecryptionError):
        open_vault(context.keys, canary.applicant_id, canary.wrapped_key)
    listed = await client.get("/v1/applications", headers=world.as_role(Role.RECRUITER))
    assert [item["name"] for item in listed.json()["items"]] == ["Sari Contoh", None]


async def test_what_was_typed_again_is_kept_with_the_person(
    applications: list[Application], session: AsyncSession, context: Context
) -> None:
    repeat = (await session.exec(select(RepeatedApplication))).one()
    vault = await vault_of(session, context, applications[0])
    typed = vault.decrypt_repeat(repeat.id, repeat.answers_sealed)
    assert typed["name"] == "Kenari Kuning Again"
    assert "2026-1" in str(typed["consent"])


async def test_deleting_one_row_makes_the_person_unreadable(
    applications: list[Application],
    client: httpx.AsyncClient,
    world: World,
    session: AsyncSession,
    context: Context,
) -> None:
    canary, other = applications
    await session.exec(delete(ApplicantKey).where(ApplicantKey.applicant_id == canary.applicant_id))  # type: ignore[arg-type]
    await session.commit()
    read = await client.get(f"/v1/applications/{canary.id}", headers=world.as_role(Role.RECRUITER))
    assert not any(trace in read.text for trace in TRACES)
    assert read.json()["history"][-1]["reason"] is None
    # No other key of the deployment opens what the deleted key sealed.
    remaining = [
        (await vault_of(session, context, other)).data_key,
        *(getattr(context.keys, name) for name in context.keys.__slots__),
    ]
    change = (await session.exec(select(StageChange).where(StageChange.reason_sealed.is_not(None)))).one()  # type: ignore[union-attr]
    repeat = (await session.exec(select(RepeatedApplication))).one()
    for key in remaining:
        for sealed, place in (
            (canary.name_sealed, f"applications.name/{canary.id}"),
            (canary.email_sealed, f"applications.email/{canary.id}"),
            (canary.phone_sealed, f"applications.phone/{canary.id}"),
            (canary.birth_date_sealed, f"applications.birth_date/{canary.id}"),
            (change.reason_sealed or b"", f"stage_changes.reason/{change.id}"),
            (repeat.answers_sealed, f"repeated_applications.answers/{repeat.id}"),
        ):
            with pytest.raises(DecryptionError):
                unseal(key, sealed, place=place)
