"""The pages a tap can end on instead of a destination, in Indonesian and English; `app` sends them as they are.

They work without scripts and load nothing, not even an image: the policy they are sent with forbids it. All text that
comes in is escaped, and only web addresses become links. `preview_page` alone is for crawlers.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape

from campaigns.links.standing import Standing

_STYLE = """
:root{color-scheme:light dark}
body{font-family:system-ui,sans-serif;line-height:1.5;color:#1b1f24;background:#fff}
body{max-width:34rem;margin:12vh auto 4rem;padding:0 1.25rem;overflow-wrap:anywhere}
h1{line-height:1.25}
a{color:#0b57d0}
dt{margin-top:.75rem}
dt,[lang=en]{color:#59636e}
dd{margin:0}
.state{border-left:.25rem solid #b3261e;padding-left:.75rem}
@media(prefers-color-scheme:dark){
body{background:#14171a;color:#e6e9ec}
a{color:#8ab4f8}
dt,[lang=en]{color:#9aa4ae}
.state{border-color:#f2b8b5}
}
"""

_FRAME = """<!doctype html>
<html lang="id">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{head}<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}</main>
</body>
</html>
"""

# For people's pages: not to be found by a search, and nobody after them learns which page sent the visitor.
_PRIVATE = """<meta name="robots" content="noindex,nofollow">
<meta name="referrer" content="no-referrer">
"""

# A web address, its host apart. As in browsers, what stands before an @ is no host, and a backslash ends one.
_ADDRESS = re.compile(r"(https?://(?:[^/?#\\]*@)?)([^/?#\\@]+)(.*)", re.IGNORECASE | re.DOTALL)

_MONTHS = (
    ("Januari", "January"),
    ("Februari", "February"),
    ("Maret", "March"),
    ("April", "April"),
    ("Mei", "May"),
    ("Juni", "June"),
    ("Juli", "July"),
    ("Agustus", "August"),
    ("September", "September"),
    ("Oktober", "October"),
    ("November", "November"),
    ("Desember", "December"),
)

# What the official page says of a link that the visitor should not follow, by standing.
_STANDINGS = {
    Standing.NOT_YET: ("Tautan ini belum dibuka.", "This link is not open yet."),
    Standing.PAUSED: ("Tautan ini sedang dihentikan sementara.", "This link is paused for now."),
    Standing.ENDED: ("Masa berlaku tautan ini sudah berakhir.", "This link's time is over."),
    Standing.RETIRED: ("Tautan ini sudah tidak dipakai.", "This link has been retired."),
    Standing.CLOSED: ("Kampanye ini sudah ditutup.", "This campaign is closed."),
    Standing.DOUBTFUL: (
        "Situs tujuannya belum dapat kami pastikan. Jangan mengisi data di sana untuk saat ini.",
        "We could not confirm the page it leads to. Do not enter data there for now.",
    ),
}
_INACTIVE = ("Tautan ini sedang tidak aktif.", "This link is not active.")


def _frame(title: str, body: str, head: str = _PRIVATE) -> bytes:
    """A whole page; `title` is plain text, `body` and `head` are HTML."""
    # UTF-8 has no lone surrogates, and neither has the database; should one come, the page is still sent.
    return _FRAME.format(title=escape(title), head=head, style=_STYLE, body=body).encode(errors="replace")


def _paragraphs(indonesian: str, english: str) -> str:
    """One thing said in two languages; both are HTML."""
    return f'<p>{indonesian}</p>\n<p lang="en">{english}</p>\n'


def _link(address: str, text: str | None = None) -> str:
    """A link to a web address, shown as `text` or as itself; anything else stays text."""
    shown = escape(address if text is None else text)
    if not address.lower().startswith(("https://", "http://")):
        return shown
    return f'<a href="{escape(address)}" rel="noreferrer nofollow">{shown}</a>'


UNKNOWN = _frame(
    "Tautan tidak dikenal",
    _paragraphs(
        "Tautan ini tidak ada. Periksa kembali penulisannya, dan jangan mengisi data di situs lain yang mengaku resmi.",
        "There is no such link. Check its spelling, and do not enter data on other sites that claim to be official.",
    ),
)
HOME = _frame(
    "Tautan resmi",
    _paragraphs(
        "Di sini hanya ada tautan pendek. Buka tautan lengkap yang Anda terima, atau pindai kodenya."
        " Bila ragu, tambahkan tanda + di belakang tautan untuk melihat ke mana tujuannya.",
        "There are only short links here. Open the whole link that you were given, or scan its code. If in doubt, add a"
        " + behind the link to see where it leads.",
    )
    + _paragraphs(
        "<strong>Pendaftaran tidak dipungut biaya.</strong>",
        "Registration is free of charge.",
    ),
)
UNAVAILABLE = _frame(
    "Coba lagi sebentar",
    _paragraphs(
        "Layanan sedang tidak menjawab. Silakan muat ulang halaman ini sebentar lagi.",
        "The service does not answer at the moment. Please reload this page shortly.",
    ),
)
PAUSED = _frame(
    "Tautan sedang dihentikan sementara",
    _paragraphs(
        "Tautan ini belum bisa dibuka untuk sementara waktu. Silakan coba lagi nanti.",
        "This link is paused for now. Please try again later.",
    ),
)


def not_yet(starts_at: datetime) -> bytes:
    """The page of a link that opens later; the time is shown in the zone that `starts_at` has."""
    indonesian, english = _MONTHS[starts_at.month - 1]
    zone = f" {escape(name)}" if (name := starts_at.tzname()) else ""
    stamp = starts_at.isoformat(timespec="minutes")
    return _frame(
        "Tautan belum dibuka",
        _paragraphs(
            f'Tautan ini dibuka pada <time datetime="{stamp}">{starts_at.day} {indonesian} {starts_at.year}'
            f" pukul {starts_at:%H.%M}{zone}</time>.",
            f'This link opens on <time datetime="{stamp}">{starts_at.day} {english} {starts_at.year}'
            f" at {starts_at:%H:%M}{zone}</time>.",
        ),
    )


def ended_page(successor: str | None) -> bytes:
    """The page of a link whose time is over; `successor` is the short URL of the link that was chosen to be named."""
    body = _paragraphs(
        "Tautan ini hanya berlaku sampai waktu tertentu, dan waktu itu sudah lewat.",
        "This link was open until a set time, and that time has passed.",
    )
    return _frame("Masa berlaku tautan sudah berakhir", body + _named(successor))


def retired_page(successor: str | None) -> bytes:
    """The page of a link that was retired; `successor` as in `ended_page`."""
    body = _paragraphs(
        "Tautan ini pernah dipakai, tetapi sudah dihentikan. Pendaftaran melalui tautan ini tidak dibuka lagi.",
        "This link was in use once and has been retired. It takes no registrations any more.",
    )
    return _frame("Tautan sudah tidak dipakai", body + _named(successor))


def official_page(
    *,
    short_url: str,
    leads_to: Sequence[str],
    unit: str,
    programme: str,
    campaign: str,
    standing: Standing,
    successor: str | None,
) -> bytes:
    """The page that answers whether a short link is real: whose it is, and where it leads.

    `leads_to` are all addresses a tap can be sent to now; `successor` as in `ended_page`.
    """
    origin = short_url.rpartition("/")[0] + "/"
    rows = (
        ("Tautan", "Link", escape(short_url)),
        *([("Menuju", "Leads to", "</dd>\n<dd>".join(map(_emphasised, leads_to)))] if leads_to else []),
        ("Satuan", "Unit", f"<bdi>{escape(unit)}</bdi>"),
        ("Program", "Programme", f"<bdi>{escape(programme)}</bdi>"),
        ("Kampanye", "Campaign", f"<bdi>{escape(campaign)}</bdi>"),
    )
    table = "".join(
        f'<dt>{name} · <span lang="en">{english}</span></dt>\n<dd>{text}</dd>\n' for name, english, text in rows
    )
    warning, onward = "", f"<p>{_link(short_url, 'Lanjutkan ke situs tujuan')}</p>\n"
    if standing is not Standing.ACTIVE:
        warning = f'<div class="state">\n{_paragraphs(*_STANDINGS.get(standing, _INACTIVE))}</div>\n'
        onward = _named(successor)
    return _frame(
        "Tautan ini resmi",
        f"{warning}<dl>\n{table}</dl>\n{onward}"
        + _paragraphs(
            "<strong>Pendaftaran tidak dipungut biaya.</strong> Jangan membayar kepada siapa pun yang menjanjikan"
            " kelulusan.",
            "Registration is free of charge. Do not pay anybody who promises that you will be accepted.",
        )
        + _paragraphs(
            "Cara mengenali yang palsu: halaman ini hanya asli bila bilah alamat peramban Anda diawali"
            f" <strong>{escape(origin)}</strong>. Salinannya di alamat lain, tangkapan layar, atau pesan terusan tidak"
            " membuktikan apa pun.",
            f"How to tell fakes: this page is genuine only if your browser's address bar begins with {escape(origin)}."
            " A copy at another address, a screenshot or a forwarded message proves nothing.",
        ),
    )


def _emphasised(address: str) -> str:
    found = _ADDRESS.fullmatch(address)
    before, host, after = found.groups() if found else ("", "", address)
    return f"{escape(before)}<strong>{escape(host)}</strong>{escape(after)}"


def preview_page(*, short_url: str, title: str, description: str | None, image: str | None, site: str) -> bytes:
    """What a crawler is given that shows a preview of the short link: Open Graph and Twitter card tags.

    `image` is an absolute address; `site` is the name of whoever runs the service.
    """
    tags = [
        ("property", "og:type", "website"),
        ("property", "og:site_name", site),
        ("property", "og:locale", "id_ID"),
        ("property", "og:url", short_url),
        ("property", "og:title", title),
        ("name", "twitter:card", "summary_large_image" if image else "summary"),
        ("name", "twitter:title", title),
    ]
    if description:
        tags += [
            ("name", "description", description),
            ("property", "og:description", description),
            ("name", "twitter:description", description),
        ]
    if image:
        tags += [("property", "og:image", image), ("name", "twitter:image", image)]
    head = "".join(f'<meta {kind}="{name}" content="{escape(value)}">\n' for kind, name, value in tags)
    body = f"<p>{escape(description)}</p>\n" if description else ""
    return _frame(title, f"{body}<p>{_link(short_url)}</p>\n", head)


def _named(successor: str | None) -> str:
    if successor is None:
        return ""
    return _paragraphs(f"Tautan yang berlaku sekarang: {_link(successor)}", f"The link in use now: {_link(successor)}")
