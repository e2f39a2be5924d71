"""Routes of public."""

from fastapi import APIRouter

router = APIRouter(tags=["public"])
