"""The type of a source of plain psycopg connections, for code that the redirect's process loads without SQLAlchemy."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import psycopg

# Each call lends one connection in autocommit. Opening it raises psycopg.Error or OSError.
Connections = Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection]]
