"""Routes of intakes."""

from fastapi import APIRouter

router = APIRouter(tags=["intakes"])
