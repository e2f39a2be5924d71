"""Routes of the audit trail."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from api.audit.responses import AuditEntryOut
from api.http.auth import AuditReader
from api.http.contract.router import ContractRouter
from api.http.paging import PageQuery, list_page
from api.http.problems import refuses
from api.http.schemas import ListPage, Timestamp
from api.http.sessions import ReadSession
from campaigns.access.queries import list_audit_entries
from campaigns.access.types import ObjectType
from campaigns.kit.errors import NotFound
from campaigns.planning.queries import subtree

router = ContractRouter(prefix="/v1/audit-entries", tags=["audit"])


@router.get("", name="list", responses=refuses(NotFound))
async def list_all(
    caller: AuditReader,
    session: ReadSession,
    page: PageQuery,
    request: Request,
    response: Response,
    object_type: Annotated[ObjectType | None, Query(description="Only changes of objects of this type.")] = None,
    object_id: Annotated[
        UUID | None, Query(description="Only changes of the object with this ID. Requires `object_type`.")
    ] = None,
    since: Annotated[Timestamp | None, Query(description="Only changes at or after this time.")] = None,
    until: Annotated[Timestamp | None, Query(description="Only changes before this time.")] = None,
) -> ListPage[AuditEntryOut]:
    """List the changes in your units, newest first."""
    found = await list_audit_entries(
        session,
        units=subtree(caller),
        object_type=object_type,
        object_id=object_id,
        since=since,
        until=until,
        page=page,
    )
    return list_page(request, response, found, [AuditEntryOut.model_validate(one) for one in found.items])
