"""Sentences of the domain in Indonesian, by the English ones; `{name}` stands for a value in both.

A sentence that is not here is told by the general sentence of its code.
"""

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    # Of whole problems.
    "The request has invalid fields.": "Ada kolom yang tidak sah dalam permintaan.",
    "The request has {found} invalid fields, of which the first {listed} are listed.": "Ada {found} kolom yang tidak "
    "sah dalam permintaan; {listed} yang pertama disebutkan.",
    "The request has an invalid field.": "Ada kolom yang tidak sah dalam permintaan.",
    "The list of stages is invalid.": "Daftar tahap tidak sah.",
    "The {what} does not exist, or you may not see it.": "Objek ({what}) tidak ada, atau Anda tidak boleh melihatnya.",
    "The object has changed since you read it. Read it again and repeat the change.": "Objek ini sudah berubah sejak "
    "Anda membacanya. Baca lagi, lalu ulangi perubahannya.",
    "A valid API key is required in the header `Authorization: Bearer <key>`.": "Diperlukan kunci API yang sah di "
    "header `Authorization: Bearer <key>`.",
    "Send the body with the header `Content-Type: {wanted}`, not compressed.": "Kirim isi permintaan dengan header "
    "`Content-Type: {wanted}`, tanpa kompresi.",
    "The request body is not valid JSON.": "Isi permintaan bukan JSON yang sah.",
    "The request body did not arrive in time. Send the request again.": "Isi permintaan tidak tiba pada waktunya. "
    "Kirim lagi permintaan ini.",
    "The request body exceeds the size limit.": "Isi permintaan melebihi batas ukuran.",
    "No resource exists at this path.": "Tidak ada apa pun di alamat ini.",
    "The server cannot parse the request.": "Server tidak dapat membaca permintaan.",
    "Method not allowed. The `Allow` header lists the supported methods.": "Metode tidak didukung. Header `Allow` "
    "memuat metode yang didukung.",
    "The database is unavailable. Repeat the request later.": "Basis data tidak tersedia. Ulangi permintaan nanti.",
    "The database query took too long. Request less data, such as a shorter date range.": "Kueri basis data terlalu "
    "lama. Minta lebih sedikit data, misalnya rentang tanggal yang lebih pendek.",
    "An internal error occurred. The server log has details under this `trace_id`.": "Terjadi kesalahan di server. "
    "Rinciannya ada di log server dengan `trace_id` ini.",
    "This `Idempotency-Key` was already used for a different request. Use a new key.": "`Idempotency-Key` ini sudah "
    "dipakai untuk permintaan lain. Gunakan kunci baru.",
    "The API key makes too many requests a minute. Repeat the request in {seconds} seconds.": "Kunci API ini membuat "
    "terlalu banyak permintaan per menit. Ulangi permintaan ini dalam {seconds} detik.",
    "Too many requests come from your network. Repeat the request in {seconds} seconds.": "Terlalu banyak permintaan "
    "dari jaringan Anda. Ulangi permintaan ini dalam {seconds} detik.",
    "Your network sends too many requests at a time. Repeat the request later.": "Jaringan Anda mengirim terlalu "
    "banyak permintaan sekaligus. Ulangi permintaan nanti.",
    "The API has too many requests at the moment. Repeat the request later.": "API sedang melayani terlalu "
    "banyak permintaan. Ulangi permintaan nanti.",
    "The API does not answer at the moment. Repeat the request later.": "API tidak menjawab saat ini. Ulangi "
    "permintaan nanti.",
    "Registration through this campaign is not open yet.": "Pendaftaran melalui kampanye ini belum dibuka.",
    "Registration through this campaign is closed.": "Pendaftaran melalui kampanye ini sudah ditutup.",
    # Of parameters and headers.
    "This operation has no such parameter. Did you mean `{near}`?": "Operasi ini tidak memiliki parameter tersebut. "
    "Maksud Anda `{near}`?",
    "This operation has no such parameter. It takes: {known}.": "Operasi ini tidak memiliki parameter tersebut. "
    "Parameternya: {known}.",
    "This operation takes no query parameters.": "Operasi ini tidak menerima parameter query.",
    "Give this parameter once only.": "Parameter ini hanya boleh sekali.",
    "Give this name once only.": "Nama ini hanya boleh sekali.",
    "Give each name once only.": "Setiap nama hanya boleh sekali.",
    "Send this header once only.": "Header ini hanya boleh dikirim sekali.",
    "The header `Status-Token` is required.": "Header `Status-Token` wajib ada.",
    "The header `Idempotency-Key` is required unless `dry_run` is true.": "Header `Idempotency-Key` wajib ada, kecuali "
    "`dry_run` bernilai true.",
    # Of fields.
    "This field is required.": "Kolom ini wajib diisi.",
    "The list contains this value twice.": "Daftar memuat nilai ini dua kali.",
    "An earlier stage has the same key.": "Tahap sebelumnya memiliki kunci yang sama.",
    "An earlier variant has the same key.": "Varian sebelumnya memiliki kunci yang sama.",
    "An earlier link of this request has the same slug.": "Tautan sebelumnya dalam permintaan ini memiliki slug yang "
    "sama.",
    "`ends_at` must be after `starts_at`.": "`ends_at` harus setelah `starts_at`.",
    "`to` must not be before `from`.": "`to` tidak boleh sebelum `from`.",
    "The URL must not contain spaces, control characters or backslashes.": "URL tidak boleh memuat spasi, karakter "
    "kontrol, atau garis miring terbalik.",
    "The URL must not contain a user name or password.": "URL tidak boleh memuat nama pengguna atau kata sandi.",
}

# Values that are words of ours.
WORDS: Mapping[str, str] = {
    "application": "lamaran",
    "campaign": "kampanye",
    "channel": "kanal",
    "intake": "penerimaan",
    "link": "tautan",
    "programme": "program",
    "unit": "satuan",
}
