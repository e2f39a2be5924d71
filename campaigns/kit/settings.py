"""Every setting of a deployment, read once by the wiring (`api/main.py`, `api/cli`) and passed on in small groups.

Each field is an environment variable `JARING_<NAME>`; `docs/settings.md` documents them and a test keeps it complete.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import Url
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from campaigns.kit.client_address import Network
from campaigns.kit.environment.faults import refuse_unknown_names
from campaigns.kit.times import known_zones

# Scheme, host, perhaps a port and a path: a slug is appended, so nothing may follow the path.
_PLAIN_BASE = re.compile(r"https?://([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/[\w.~/-]*)?", re.ASCII)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="JARING_", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    data: Path = Field(Path("var"), description="Folder for the embedded PostgreSQL and the generated master key.")
    database_url: SecretStr | None = Field(
        None,
        description="URL of PostgreSQL 15 or newer (`postgresql://…`). Without it, the embedded PostgreSQL is started.",
    )
    master_key: SecretStr | None = Field(
        None,
        description="32 bytes in base64 from which all keys are derived. Without it, a database that has no key gets "
        "one in the data folder. If it is lost, all personal data is unreadable.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    workers: int = Field(
        1, ge=1, le=64, description="Gateway processes, which answer short links. One for each core is best."
    )
    api_workers: int = Field(
        1,
        ge=1,
        le=64,
        description="API processes for candidates, and as many for staff. Gateways pass requests to them.",
    )
    connections: int = Field(
        8192,
        ge=16,
        le=65_536,
        description="Maximum number of connections of clients with one gateway; beyond it they are refused with 503.",
    )
    client_silence_seconds: float = Field(
        10.0,
        ge=1,
        le=60,
        description="How long a client may be silent: before a request, while it sends one, and between two.",
    )
    public_url: str | None = Field(
        None,
        description="Beginning of all short URLs and QR codes, as people are given it, such as "
        "`https://jaring.example`. Set it before anything is printed. Default: host and port, which nobody else can "
        "open.",
    )
    home_url: str | None = Field(
        None,
        description="https URL that the bare host leads to, such as `https://daftar.example`. Default: a page that "
        "says what short links are.",
    )
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Origins of the front ends, separated by commas, such as `https://daftar.example`.",
    )
    timezone: str = Field(
        "Asia/Jakarta",
        description="Time zone of the days in statistics, and of the days in which a visitor is recognized.",
    )
    migrate_on_start: bool = Field(True, description="Whether `serve` migrates the database schema first.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Lowest level of log lines that are written."
    )
    pool_size: int = Field(10, ge=2, le=200, description="Database connections of one API process.")
    requests_per_key: int = Field(
        8, ge=1, description="Maximum number of requests of one API key that an API process answers at a time."
    )
    heavy_requests_per_key: int = Field(2, ge=1, description="The same for imports, bulk creation and exports.")
    requests_per_key_per_minute: int = Field(
        3000,
        ge=1,
        description="Number of requests a minute that an API process answers to one API key; after a pause, as many "
        "at once.",
    )
    public_writes_per_minute: int = Field(
        120,
        ge=1,
        description="Number of registrations a minute that a gateway takes from one address (of IPv6: one /64); after "
        "a pause, three times as many at once.",
    )
    statement_timeout_seconds: float = Field(
        15.0, gt=0, le=600, description="Maximum duration of one SQL statement of the API."
    )
    max_body_bytes: int = Field(65_536, ge=1024, description="Maximum size of a request body.")
    click_deadline_seconds: float = Field(
        1.0,
        gt=0,
        le=30,
        description="Maximum time that a tap waits for PostgreSQL. After that it is stored in the journal, and the "
        "browser is redirected.",
    )
    click_backlog: int = Field(
        100_000,
        ge=1000,
        description="Maximum number of taps that a server process keeps in memory if the disk of the journal is also "
        "full.",
    )
    journal: Path | None = Field(
        None, description="Folder for taps while PostgreSQL is unavailable. Default: `journal` in the data folder."
    )
    trusted_proxies: Annotated[list[Network], NoDecode] = Field(
        default_factory=list,
        description="Networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted, separated by "
        "commas, such as `10.0.0.0/8,fd00::/8`.",
    )
    check_destinations: bool = Field(
        True, description="Whether the destinations of links are checked when they are created or changed, and daily."
    )
    check_networks: Annotated[list[Network], NoDecode] = Field(
        default_factory=list,
        description="Private networks that destination checks may connect to, separated by commas. Default: only "
        "public addresses.",
    )
    check_ports: Annotated[list[int], NoDecode] = Field(
        default_factory=lambda: [80, 443],
        description="Ports that destination checks may connect to, separated by commas.",
    )
    link_cache_seconds: float = Field(
        300.0,
        gt=0,
        description="Maximum time that a link is served from memory without reading it from PostgreSQL. Changes apply "
        "immediately.",
    )
    link_cache_size: int = Field(
        200_000, ge=100, description="Maximum number of links that a server process keeps in memory."
    )
    registration_minimum_milliseconds: int = Field(
        150,
        ge=0,
        le=5000,
        description="Minimum duration of a registration, so that its duration does not reveal whether a person is "
        "known.",
    )
    metrics_directory: Path | None = Field(
        None, description="Folder in which server processes share their metrics. `serve` sets it."
    )
    api_sockets: Path | None = Field(
        None, description="Folder of the API processes' sockets, where gateways reach them. `serve` sets it."
    )
    serve_pid: int | None = Field(
        None, description="Process id of `jaring serve`, whose server processes end with it. `serve` sets it."
    )
    idempotency_hours: int = Field(72, ge=24, description="How long the response to an `Idempotency-Key` is kept.")

    orphan_tap_days: int = Field(
        400, ge=1, le=36_500, description="How many days taps on links that do not exist are kept."
    )

    @model_validator(mode="before")
    @classmethod
    def _known_names(cls, given: object) -> object:
        """Raise UnknownSetting for a misspelt variable, which would otherwise change nothing and say nothing."""
        refuse_unknown_names(os.environ, cls.model_fields)
        return given

    @field_validator("cors_origins", "trusted_proxies", "check_networks", "check_ports", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _no_wildcard(cls, value: list[str]) -> list[str]:
        if any("*" in origin or not origin.startswith(("http://", "https://")) for origin in value):
            raise ValueError("each origin must start with http:// or https://; wildcards are not allowed")
        return [origin.rstrip("/") for origin in value]

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in known_zones():
            raise ValueError("not a time zone of the IANA database")
        return value

    @field_validator("public_url")
    @classmethod
    def _plain_base(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        if not _PLAIN_BASE.fullmatch(value):
            raise ValueError("must be an address such as https://s.example: a host, no user, no query and no blanks")
        return value.rstrip("/")

    @field_validator("home_url")
    @classmethod
    def _secure_home(cls, value: str | None) -> str | None:
        if not value:
            return None
        try:
            url = Url(value)
        except ValidationError:
            raise ValueError("is not a URL") from None
        if url.scheme != "https" or url.username is not None or url.password is not None:
            raise ValueError("must start with https:// and have no user name or password")
        return str(url)

    @model_validator(mode="after")
    def _home_elsewhere(self) -> Self:
        """Refuse a home that is the bare host itself, which would lead to itself for ever."""
        if self.home_url and self.public_url and self.home_url.rstrip("/") == str(Url(self.public_url)).rstrip("/"):
            raise ValueError("JARING_HOME_URL is the bare host of JARING_PUBLIC_URL and would lead to itself")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The zone of `timezone`."""
        return ZoneInfo(self.timezone)

    @property
    def journal_directory(self) -> Path:
        """The folder for journals and the remembered links."""
        return self.journal or self.data / "journal"

    @property
    def short_link_base(self) -> str:
        """What a slug is appended to, ending in a slash."""
        return f"{self.public_url or self.local_url}/"

    @property
    def reachable_host(self) -> str:
        """Where this machine reaches the server: the host, or loopback if it listens on every address."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - not bound here

    @property
    def local_url(self) -> str:
        """The address of the server for programs on this machine, without a slash at its end."""
        host = self.reachable_host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
