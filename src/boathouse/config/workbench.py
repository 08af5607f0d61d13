"""boathouse.toml: where the lake is, its environments, the clock and the limits. All of it is optional."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from boathouse.clock import zone
from boathouse.config.load import read_toml, validate
from boathouse.errors import UsageError, did_you_mean

FILE = "boathouse.toml"
_SIZE = re.compile(r"^\d+(\.\d+)?\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)$", re.I)


def in_bytes(size: str) -> int:
    """A size such as 800MB or 1GiB."""
    number, unit = re.match(r"([\d.]+)\s*(\w+)", size).groups()  # type: ignore[union-attr]
    base = 1024 if "i" in unit else 1000
    return int(float(number) * base ** ("KMGT".index(unit[0].upper()) + 1))


def _is_a_size(value: str) -> str:
    if not _SIZE.match(value):
        raise ValueError(f"{value!r} is not a size; write it as 800MB or 2GB")
    return value


class Limits(BaseModel):
    """What one run may use."""

    model_config = ConfigDict(extra="forbid")

    memory: str = Field("800MB", description="Memory of the engine in one run; what does not fit goes to disk.")
    threads: int | None = Field(None, ge=1, description="Threads of the engine; unset: the cores there are.")
    workers: int | None = Field(None, ge=1, description="Pipelines that `run --all` runs at once; unset: the cores.")
    step_timeout: int = Field(24 * 3600, ge=1, description="Seconds after which a notebook cell is stopped.")

    _memory_is_a_size = field_validator("memory")(_is_a_size)


class QueryLimits(BaseModel):
    """What one query may use; unset: as much as it likes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seconds: float | None = Field(None, gt=0, description="Seconds after which a query is stopped.")
    rows: int | None = Field(None, ge=1, description="Rows after which a result is cut, and says so.")


class ApiLimits(QueryLimits):
    """What one query of the API may use."""

    seconds: float | None = Field(30, gt=0, description="Seconds after which a query is stopped.")


class Tokens(BaseModel):
    """Bearer tokens (JWT) of an identity provider that are let in."""

    model_config = ConfigDict(extra="forbid")

    issuer: str = Field(description="Who signs them: the `iss` of a token, and where OpenID Connect's discovery is.")
    audience: str = Field(description="Whom they are for: the `aud` of a token.")
    keys: str | None = Field(None, description="Where the issuer's public keys are (a JWKS URL); unset: as discovery says.")
    roles: str = Field("roles", description="The claim that names the caller's roles; a dot goes into it: `realm_access.roles`.")
    name: str = Field("sub", description="The claim that names the caller.")


class Api(BaseModel):
    """What `boathouse serve` does."""

    model_config = ConfigDict(extra="forbid")

    limits: ApiLimits = Field(default_factory=lambda: ApiLimits.model_validate({}), description="What one query may use.")
    anonymous: list[str] | None = Field(
        None,
        description="Roles of a caller without a key or token; `[]`: nobody comes in so. Unset: on a loopback address everything, "
        "unless `hosts` are named or a proxy passed the request on.",
    )
    tokens: Tokens | None = Field(None, description="Bearer tokens that are let in beside API keys.")
    hosts: list[str] = Field(default_factory=list, description="Names under which the server is reached, beside this machine's.")
    workers: int = Field(2, ge=1, description="Processes that run the SQL of callers; one that does not stop is killed.")
    per_minute: int | None = Field(
        None, ge=1, description="Requests that a caller may make in a minute, where the key says nothing."
    )
    uploads: str = Field("100MB", description="The largest body of an upload or a push.")

    _uploads_is_a_size = field_validator("uploads")(_is_a_size)


class Ask(BaseModel):
    """Who answers questions in plain language."""

    model_config = ConfigDict(extra="forbid")

    answerer: str | None = Field(
        None, description="`offline`, `sql` (a model writes the query), `pandasai` (it writes Python, which runs in a jail), or another "
        "that is installed; unset: `offline`, and where a model is set `pandasai` where its jail holds, else `sql`.",
    )  # fmt: skip
    model: str | None = Field(None, description="The model, by LiteLLM's name for it: `openai/…`, `anthropic/…`, `ollama/…`.")
    url: str | None = Field(None, description="The address of a server that speaks OpenAI's protocol; unset: the provider's.")
    key: str | None = Field(None, description="Its key as `${NAME}`; unset: the provider's own variable.")
    seconds: float = Field(60, gt=0, description="Seconds that a model may take to answer.")
    values: list[str] = Field(
        default_factory=list, description="Datasets, with `*` for any letters, of which a model is told sample values."
    )
    tokens_per_day: int | None = Field(None, ge=0, description="Tokens that one user may use in a day.")
    money_per_day: float | None = Field(None, ge=0, description="US dollars that one user may spend in a day.")

    @field_validator("key")
    @classmethod
    def _is_a_placeholder(cls, value: str | None) -> str | None:
        if value and not re.fullmatch(r"\$\{[A-Za-z_]\w*\}", value):
            raise ValueError("write the name of a variable, as ${OPENAI_API_KEY}: a key does not belong in a file")
        return value


class Dashboards(BaseModel):
    """What `boathouse dashboards` and `boathouse up` do."""

    model_config = ConfigDict(extra="forbid")

    heated: int = Field(1, ge=0, description="Kernels that wait for a viewer, for each dashboard: its page is there at once.")
    pages: int = Field(20, ge=1, description="Pages that one viewer may have open at once: each is a process of some 0.3 GB.")
    idle_minutes: float = Field(5, gt=0, description="Minutes after which the kernel of a page that nobody looks at ends.")


class Role(BaseModel):
    """What a role may see. Several roles together see what any of them sees."""

    model_config = ConfigDict(extra="forbid")

    datasets: list[str] = Field(default_factory=list, description="Datasets by name, with `*` for any letters.")
    queries: list[str] = Field(default_factory=list, description="Saved queries by name, with `*` for any letters.")
    rows: dict[str, str] = Field(default_factory=dict, description="By dataset: the SQL condition of the rows that are left.")
    masks: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="By dataset and column: `null`, `hash`, `first` (the first letter) or an SQL expression that stands instead.",
    )
    dashboards: list[str] = Field(["*"], description="Dashboards by name, with `*` for any letters.")
    everything: bool = Field(False, description="Sees all, also raw files, quarantine, executed notebooks and Data Docs.")
    run: bool = Field(False, description="May run pipelines, push records and upload files.")


class Environment(BaseModel):
    """What an environment (`--env NAME`) sets differently."""

    model_config = ConfigDict(extra="forbid")

    lake: str | None = Field(None, description="The lake of this environment.")
    storage: dict[str, str] | None = Field(None, description="Storage options of this environment.")
    limits: Limits | None = Field(None, description="Limits of this environment.")


class WorkbenchConfig(BaseModel):
    """boathouse.toml."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, description="What people call this workbench; unset: the folder's name.")
    lake: str = Field("lake", description="The lake: a folder, or a URL such as `s3://bucket/prefix`.")
    storage: dict[str, str] = Field(
        default_factory=dict,
        description="Options for a bucket (`aws_region`, `aws_endpoint_url` …); `${NAME}` comes from the environment.",
    )
    timezone: str = Field("UTC", description="The time zone of logical dates and of 'now'.")
    limits: Limits = Field(default_factory=lambda: Limits.model_validate({}), description="What one run may use.")
    api: Api = Field(default_factory=lambda: Api.model_validate({}), description="What `boathouse serve` does.")
    dashboards: Dashboards = Field(
        default_factory=lambda: Dashboards.model_validate({}), description="How dashboards are served."
    )
    ask: Ask = Field(default_factory=lambda: Ask.model_validate({}), description="Who answers questions in plain language.")
    roles: dict[str, Role] = Field(default_factory=dict, description="Who may see what, as `[roles.NAME]`.")
    env: dict[str, Environment] = Field(default_factory=dict, description="Environments, as `[env.prod]`.")

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            zone(value)
        except UsageError as error:
            raise ValueError(error.message) from error
        return value

    def for_environment(self, name: str | None) -> WorkbenchConfig:
        """The configuration with the overrides of one environment. Raises UsageError where there is none."""
        if name is None:
            return self
        if name not in self.env:
            guess = did_you_mean(name, self.env)
            raise UsageError(f"no environment {name!r}{guess}", where=FILE, hint=f"add a table [env.{name}]")
        overrides = {key: value for key, value in self.env[name] if value is not None}
        return self.model_copy(update=overrides)


def find_root(start: Path | str | None = None) -> Path:
    """The nearest folder from `start` upwards that holds a boathouse.toml. Raises UsageError where there is none."""
    here = Path(start or os.environ.get("BOATHOUSE_WORKBENCH") or ".").resolve()
    for folder in (here, *here.parents):
        if (folder / FILE).is_file():
            return folder
    raise UsageError(f"no {FILE} in {here} or above it", hint="boathouse init   (or name a workbench with -C DIR)")


def load_workbench(root: Path, environment: str | None = None) -> WorkbenchConfig:
    """The configuration in `root`, in the environment named, or in that of BOATHOUSE_ENV."""
    path = root / FILE
    config = validate(WorkbenchConfig, read_toml(path), path)
    return config.for_environment(environment or os.environ.get("BOATHOUSE_ENV"))
