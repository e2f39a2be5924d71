"""Authentication by an API key in `Authorization: Bearer`, and the scope that an operation needs.

An operation declares its scope by the type of one parameter, such as `caller: LinksWriter`. The OpenAPI document lists
it as `x-required-scopes`.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from api.http.context import CurrentContext, Now
from api.http.limits.concurrency import cost_of
from api.http.problems import Unauthenticated
from campaigns.access.queries import find_principal
from campaigns.access.rules import require_scope
from campaigns.access.types import Principal, Scope
from campaigns.kit.errors import Sentence, TooManyRequests

bearer = HTTPBearer(
    auto_error=False, scheme_name="api_key", description="An API key (`jrg_…`). Create one with `jaring keys create`."
)


async def authenticated(
    needed: SecurityScopes,
    request: Request,
    context: CurrentContext,
    now: Now,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
) -> AsyncIterator[Principal]:
    """The caller, whose request counts as running until its answer is sent.

    Raises Unauthenticated without a valid key, Forbidden if its role lacks a scope, and TooManyRequests.
    """
    if credentials is None:
        raise Unauthenticated
    # A separate session, closed before the handler's opens: a request never holds two connections.
    async with context.sessions() as session:
        principal = await find_principal(session, secret=credentials.credentials, now=now)
    if principal is None:
        raise Unauthenticated
    taken = context.key_rate.take(str(principal.actor.id))
    if taken.wait_seconds:
        detail = Sentence(
            "The API key makes too many requests a minute. Repeat the request in {seconds} seconds.",
            seconds=taken.wait_seconds,
        )
        raise TooManyRequests("too-many-requests", detail, retry_seconds=taken.wait_seconds)
    for scope in needed.scopes:
        require_scope(principal, Scope(scope))
    with context.running.counted(str(principal.actor.id), cost_of(request)):
        yield principal


PlanningReader = Annotated[Principal, Security(authenticated, scopes=[Scope.PLANNING_READ])]
PlanningWriter = Annotated[Principal, Security(authenticated, scopes=[Scope.PLANNING_WRITE])]
CampaignsWriter = Annotated[Principal, Security(authenticated, scopes=[Scope.CAMPAIGNS_WRITE])]
LinksReader = Annotated[Principal, Security(authenticated, scopes=[Scope.LINKS_READ])]
LinksWriter = Annotated[Principal, Security(authenticated, scopes=[Scope.LINKS_WRITE])]
LinksRestorer = Annotated[Principal, Security(authenticated, scopes=[Scope.LINKS_RESTORE])]
ApplicationsReader = Annotated[Principal, Security(authenticated, scopes=[Scope.APPLICATIONS_READ])]
ApplicationsWriter = Annotated[Principal, Security(authenticated, scopes=[Scope.APPLICATIONS_WRITE])]
StatisticsReader = Annotated[Principal, Security(authenticated, scopes=[Scope.STATISTICS_READ])]
AuditReader = Annotated[Principal, Security(authenticated, scopes=[Scope.AUDIT_READ])]
