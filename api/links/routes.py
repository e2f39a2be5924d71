"""Routes of links."""

from fastapi import APIRouter

router = APIRouter(tags=["links"])
