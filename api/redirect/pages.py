"""The small pages a tap can end on when there is nowhere to send it, in Indonesian and English."""

_PAGE = """<!doctype html>
<html lang="id">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
body{{font-family:system-ui,sans-serif;line-height:1.5;color:#1b1f24}}
body{{max-width:34rem;margin:15vh auto 0;padding:0 1.25rem}}
p[lang=en]{{color:#59636e}}
@media(prefers-color-scheme:dark){{body{{background:#14171a;color:#e6e9ec}}p[lang=en]{{color:#9aa4ae}}}}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{indonesian}</p>
<p lang="en">{english}</p>
</body>
</html>
"""


def _page(title: str, indonesian: str, english: str) -> bytes:
    return _PAGE.format(title=title, indonesian=indonesian, english=english).encode()


UNKNOWN = _page(
    "Tautan tidak dikenal",
    "Tautan ini tidak ada. Periksa kembali penulisannya, dan jangan mengisi data di situs lain yang mengaku resmi.",
    "There is no such link. Check its spelling, and do not enter data on other sites that claim to be official.",
)
RETIRED = _page(
    "Tautan sudah tidak dipakai",
    "Tautan ini pernah dipakai, tetapi sudah dihentikan. Pendaftaran melalui tautan ini tidak dibuka lagi.",
    "This link was in use once and has been retired. It takes no registrations any more.",
)
UNAVAILABLE = _page(
    "Coba lagi sebentar",
    "Layanan sedang tidak menjawab. Silakan muat ulang halaman ini sebentar lagi.",
    "The service does not answer at the moment. Please reload this page shortly.",
)
