"""Every type of problem, by the code at the end of its `type`. A new refusal of the domain gets its row here."""

from collections.abc import Mapping

from api.problem_codes.types import ProblemType, Text


def _problem(status: int, en: str, indonesian: str, occurs: str) -> ProblemType:
    return ProblemType(status, Text(en, indonesian), occurs)


PROBLEMS: Mapping[str, ProblemType] = {
    # The request itself.
    "bad-request": _problem(400, "Bad request", "Permintaan rusak", "The server cannot parse the request."),
    "malformed-json": _problem(400, "Malformed JSON", "JSON rusak", "The body is not valid JSON."),
    "unauthenticated": _problem(
        401, "API key required", "Perlu kunci API", "The API key is missing, unknown, expired or revoked."
    ),
    "missing-scope": _problem(
        403, "Role not sufficient", "Peran tidak mencukupi", "The role of the API key lacks the scope of the operation."
    ),
    "owned-by-higher-unit": _problem(
        403,
        "Owned by a higher unit",
        "Milik satuan di atas",
        "The object is shared by a unit above the caller's, and only that unit can change it.",
    ),
    "no-such-route": _problem(404, "No such path", "Alamat tidak ada", "No operation has this path."),
    "not-found": _problem(
        404, "Not found", "Tidak ditemukan", "The object does not exist, or belongs to a unit the caller does not see."
    ),
    "method-not-allowed": _problem(
        405, "Method not allowed", "Metode tidak didukung", "The path does not support the method; see `Allow`."
    ),
    "body-too-slow": _problem(408, "Body too slow", "Isi terlalu lambat", "The body did not arrive in time."),
    "body-too-large": _problem(413, "Body too large", "Isi terlalu besar", "The body exceeds the operation's limit."),
    "unsupported-media-type": _problem(
        415,
        "Unsupported media type",
        "Jenis isi tidak didukung",
        "The body has another `Content-Type` than the operation takes, or is compressed.",
    ),
    "invalid-input": _problem(
        422, "Invalid input", "Masukan tidak sah", "A field, parameter or header is invalid; `errors` names each."
    ),
    "idempotency-key-reused": _problem(
        422, "Key used before", "Kunci sudah dipakai", "The `Idempotency-Key` was used for a different request."
    ),
    "http-error": _problem(400, "Request rejected", "Permintaan ditolak", "The server rejects the request otherwise."),
    # Conflicts with the state of an object.
    "stale-version": _problem(
        412, "Changed meanwhile", "Sudah berubah", "The object has another version than `If-Match` names."
    ),
    "programme-slug-taken": _problem(
        409, "Slug taken", "Slug sudah dipakai", "The unit already has a programme with this slug."
    ),
    "programme-closed": _problem(409, "Programme closed", "Program ditutup", "A closed programme takes no new intake."),
    "intake-closed": _problem(409, "Intake closed", "Penerimaan ditutup", "A closed intake takes no new campaign."),
    "stage-in-use": _problem(
        409, "Stage in use", "Tahap sedang dipakai", "A stage that applications have used cannot be removed."
    ),
    "unit-code-taken": _problem(409, "Code taken", "Kode sudah dipakai", "Another unit already has this code."),
    "root-unit-exists": _problem(
        409, "National unit exists", "Satuan nasional sudah ada", "There is only one national unit."
    ),
    "campaign-slug-taken": _problem(409, "Slug taken", "Slug sudah dipakai", "Another campaign already has this slug."),
    "campaign-closed": _problem(
        409, "Campaign closed", "Kampanye ditutup", "A closed campaign cannot be changed and takes no new links."
    ),
    "campaign-published": _problem(
        409, "Campaign published", "Kampanye sudah terbit", "An active campaign cannot become a draft again."
    ),
    "channel-exists": _problem(
        409, "Channel exists", "Kanal sudah ada", "The unit already has a channel with this source and medium."
    ),
    "channel-closed": _problem(409, "Channel closed", "Kanal ditutup", "A closed channel takes no new links."),
    "alias-taken": _problem(409, "Alias taken", "Alias sudah dipakai", "A spelling already belongs to another source."),
    "slug-taken": _problem(
        409, "Slug taken", "Slug sudah dipakai", "Another link has this slug. A slug is never given twice."
    ),
    "link-retired": _problem(
        409, "Link retired", "Tautan dipensiunkan", "A retired link cannot be changed, but for its successor."
    ),
    "state-not-reachable": _problem(
        409, "State not reachable", "Status tidak dapat dicapai", "The link cannot change to this state from its own."
    ),
    "already-there": _problem(409, "Already there", "Sudah di tahap ini", "The application is already in the stage."),
    "applicant-erased": _problem(
        409, "Person erased", "Data orang sudah dihapus", "The data of the person was erased; nothing can be moved."
    ),
    "registration-closed": _problem(
        409, "Registration closed", "Pendaftaran ditutup", "The campaign or its intake has ended or was closed."
    ),
    "registration-not-open": _problem(
        409, "Registration not open", "Pendaftaran belum dibuka", "The campaign or its intake has not begun."
    ),
    # Keys, on the command line.
    "key-already-revoked": _problem(409, "Key revoked", "Kunci sudah dicabut", "The key was revoked before."),
    "key-ambiguous": _problem(409, "Key ambiguous", "Kunci tidak jelas", "Several keys begin with these characters."),
    # Too much at a time, and trouble of the server.
    "too-many-requests": _problem(
        429,
        "Too many requests",
        "Terlalu banyak permintaan",
        "The key, or the network of the client, makes more requests than it may; see `Retry-After`.",
    ),
    "api-busy": _problem(503, "Server busy", "Server sibuk", "All processes of the API are busy; see `Retry-After`."),
    "api-away": _problem(
        503, "API unavailable", "API tidak tersedia", "No process of the API answers; see `Retry-After`."
    ),
    "internal-error": _problem(
        500, "Internal error", "Kesalahan server", "A fault of the server; its log has the `trace_id`."
    ),
    "query-too-slow": _problem(
        503, "Query too slow", "Kueri terlalu lambat", "A database query exceeded its limit; ask for less."
    ),
    "database-unavailable": _problem(
        503, "Database unavailable", "Basis data tidak tersedia", "The database does not answer; see `Retry-After`."
    ),
    "no-free-slug": _problem(
        503, "No free slug", "Tidak ada slug bebas", "No slug could be drawn; repeat the request."
    ),
}
