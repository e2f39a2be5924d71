"""Imports every table, so that `SQLModel.metadata` is whole for Alembic and for tests."""

from sqlmodel import SQLModel

import campaigns.access.models
import campaigns.applicants.models
import campaigns.attribution.models
import campaigns.clicks.models
import campaigns.events.models
import campaigns.kit.models
import campaigns.links.models
import campaigns.planning.models  # noqa: F401

metadata = SQLModel.metadata
