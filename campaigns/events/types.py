"""The types of events. A new type is one entry here, with the name of its action in the audit trail."""

from enum import StrEnum

from campaigns.access.types import ObjectType


class EventType(StrEnum):
    LINK_CREATED = "link.created"
    LINK_CHANGED = "link.changed"
    LINK_RETIRED = "link.retired"
    LINK_RESTORED = "link.restored"
    CAMPAIGN_CREATED = "campaign.created"
    CAMPAIGN_CHANGED = "campaign.changed"
    CAMPAIGN_CLOSED = "campaign.closed"
    CAMPAIGN_REOPENED = "campaign.reopened"
    APPLICATION_REGISTERED = "application.registered"
    APPLICATION_REPEATED = "application.repeated"
    APPLICATION_MOVED = "application.moved"
    APPLICATION_COMPARED = "application.compared"

    @property
    def object_type(self) -> ObjectType:
        """What kind of object it happened to."""
        return ObjectType(self.partition(".")[0])

    @property
    def done(self) -> str:
        """What happened to the object, as a past participle."""
        return self.partition(".")[2]
