"""Every code of `errors[]` that Jaring's own rules give. A new rule gets its row here.

Codes of input with the wrong type, length or format are in `inputs`.
"""

from collections.abc import Mapping

from api.problem_codes.types import FieldCode, Text


def _code(occurs: str, en: str, indonesian: str) -> FieldCode:
    return FieldCode(occurs, Text(en, indonesian))


FIELD_CODES: Mapping[str, FieldCode] = {
    "invalid": _code("Anything without a code of its own.", "This value is not valid.", "Nilai ini tidak sah."),
    "missing": _code("Something required is not given.", "This is required.", "Ini wajib diisi."),
    "unknown-parameter": _code(
        "The operation has no such query parameter.", "There is no such parameter.", "Parameter ini tidak dikenal."
    ),
    "repeated": _code("A value may be given once only.", "Give this once only.", "Ini hanya boleh sekali."),
    "bad-cursor": _code("A cursor of another list.", "The cursor is not valid.", "Kursor tidak sah."),
    "wrong-order": _code(
        "An end is before its beginning.", "The end must be after the start.", "Akhir harus setelah awal."
    ),
    "wrong-length": _code("A text is too short or long.", "This text has the wrong length.", "Panjang teks salah."),
    "unsafe-characters": _code(
        "Control or invisible characters, spaces in URLs.",
        "This contains characters that are not allowed.",
        "Ada karakter yang tidak diperbolehkan.",
    ),
    "out-of-range": _code("A number is too small or large.", "This number is out of range.", "Angka di luar batas."),
    "too-many": _code("More items than allowed.", "There are too many items.", "Terlalu banyak butir."),
    "immutable": _code("The value cannot be changed.", "This cannot be changed.", "Ini tidak dapat diubah."),
    # Addresses.
    "scheme-not-allowed": _code(
        "A URL with another scheme, or none.", "Start the URL with https://.", "Awali URL dengan https://."
    ),
    "userinfo-not-allowed": _code(
        "A URL with a user name.",
        "The URL must not contain a user name or password.",
        "URL tidak boleh memuat nama pengguna atau kata sandi.",
    ),
    "port-not-allowed": _code("A URL with port 0.", "This port is not allowed.", "Porta ini tidak diperbolehkan."),
    "not-a-url": _code("A URL that cannot be read.", "This is not a valid URL.", "Ini bukan URL yang sah."),
    "not-a-host": _code(
        "A host or pattern that cannot be read.",
        "Write a host such as daftar.example or *.daftar.example.",
        "Tulis host seperti daftar.example atau *.daftar.example.",
    ),
    "host-not-allowed": _code(
        "The host is not on the unit's allow-list.",
        "The host is not on the allow-list of the unit.",
        "Host tidak ada dalam daftar yang diizinkan satuan.",
    ),
    # Planning.
    "wrong-parent": _code(
        "The unit above has the wrong kind.", "The unit above has the wrong kind.", "Satuan di atasnya salah jenis."
    ),
    "first-stage": _code(
        "Only the first stage has the kind `registered`.",
        "Only the first stage has the kind `registered`.",
        "Hanya tahap pertama yang berjenis `registered`.",
    ),
    "no-accepted-stage": _code(
        "No stage has the kind `accepted`.",
        "At least one stage must have the kind `accepted`.",
        "Minimal satu tahap harus berjenis `accepted`.",
    ),
    "unknown-stage": _code(
        "No stage has this key.", "There is no stage with this key.", "Tidak ada tahap dengan kunci ini."
    ),
    "unknown-source": _code(
        "No channel has this source or alias.",
        "No channel that your units may use has this source or alias.",
        "Tidak ada kanal dengan sumber atau alias ini.",
    ),
    "unknown-channel": _code(
        "The channel does not exist, or the caller does not see it.",
        "This channel does not exist, or you may not see it.",
        "Kanal ini tidak ada, atau Anda tidak boleh melihatnya.",
    ),
    # Names and links.
    "unknown-link": _code(
        "The link does not exist, or the caller does not see it.",
        "This link does not exist, or you may not see it.",
        "Tautan ini tidak ada, atau Anda tidak boleh melihatnya.",
    ),
    "own-successor": _code(
        "A link was chosen as its own successor.",
        "A link cannot be its own successor.",
        "Tautan tidak dapat menjadi pengganti dirinya sendiri.",
    ),
    "not-a-utm-name": _code(
        "A name with other characters than UTM names have.",
        "Use letters, digits, dots, hyphens and underscores.",
        "Gunakan huruf, angka, titik, tanda hubung, dan garis bawah.",
    ),
    "near-double": _code(
        "The name looks like a misspelling of one in use.",
        "This looks like a misspelling of a name in use.",
        "Ini mirip salah ketik dari nama yang sudah dipakai.",
    ),
    "unknown-placeholder": _code(
        "A template has a placeholder that does not exist here.",
        "Unknown placeholder.",
        "Penanda tempat tidak dikenal.",
    ),
    "stray-brace": _code(
        "Braces around something that is no placeholder.",
        "Use braces only around a placeholder.",
        "Gunakan kurung kurawal hanya untuk penanda tempat.",
    ),
    "not-a-slug": _code(
        "A slug with other characters.",
        "Use only letters and digits, with single hyphens between them.",
        "Gunakan hanya huruf dan angka, dengan satu tanda hubung di antaranya.",
    ),
    "reserved-slug": _code(
        "The slug is a word of the server's own paths.",
        "This word is reserved. Choose another slug.",
        "Kata ini dicadangkan. Pilih slug lain.",
    ),
    "slug-taken": _code("Another link has this slug.", "This slug is already taken.", "Slug ini sudah dipakai."),
    "not-a-tag": _code("A tag with other characters.", "This is not a valid tag.", "Tag ini tidak sah."),
    "unknown-tag": _code("No link has this tag.", "No link has this tag.", "Tidak ada tautan dengan tag ini."),
    "needs-end": _code(
        "`ended_destination` without `ends_at`.",
        "`ended_destination` requires `ends_at`.",
        "`ended_destination` memerlukan `ends_at`.",
    ),
    "unknown-device": _code("No such device in rules.", "Unknown device.", "Perangkat tidak dikenal."),
    "not-a-language": _code(
        "No language code of two or three letters.",
        "Write a language as two or three letters without a region, such as id.",
        "Tulis bahasa sebagai dua atau tiga huruf tanpa wilayah, seperti id.",
    ),
    "matches-everything": _code(
        "A rule without device and language.",
        "A rule must have a device, a language or both.",
        "Aturan harus memiliki perangkat, bahasa, atau keduanya.",
    ),
    "unreachable": _code(
        "An earlier rule matches all that this one does.",
        "An earlier rule already matches everything that this rule matches.",
        "Aturan sebelumnya sudah mencakup semua yang dicakup aturan ini.",
    ),
    "wrong-number": _code("One variant, or too many.", "The number of variants is wrong.", "Jumlah varian salah."),
    "not-a-key": _code("A variant's key with other characters.", "This is not a valid key.", "Kunci ini tidak sah."),
    "not-a-first-state": _code(
        "A new link is neither draft nor active.",
        "A new link must be a draft or active.",
        "Tautan baru harus berupa draf atau aktif.",
    ),
    "channel-closed": _code("The channel takes no new links.", "The channel is closed.", "Kanal sudah ditutup."),
    "campaign-closed": _code("The campaign takes no new links.", "The campaign is closed.", "Kampanye sudah ditutup."),
    # Sheets.
    "not-utf8": _code(
        "The sheet has an encoding that cannot be read.",
        "The file is damaged, or not in UTF-8. Save it as CSV in UTF-8.",
        "Berkas rusak atau bukan UTF-8. Simpan sebagai CSV UTF-8.",
    ),
    "not-csv": _code("The sheet is not CSV.", "This is not valid CSV.", "Ini bukan CSV yang sah."),
    "empty": _code(
        "The sheet has no rows.", "The sheet has no rows below the header.", "Lembar tidak memiliki baris data."
    ),
    "too-many-columns": _code("The sheet is too wide.", "The sheet has too many columns.", "Kolom terlalu banyak."),
    "too-many-cells": _code(
        "A cell of a row is in no column.",
        "This row has a cell without a column name above it.",
        "Baris ini memiliki sel tanpa nama kolom di atasnya.",
    ),
    "too-many-faults": _code(
        "Reading stopped at the first faults.",
        "The rows after these were not checked.",
        "Baris setelah ini tidak diperiksa.",
    ),
    "unknown-column": _code("No such column.", "Unknown column.", "Kolom tidak dikenal."),
    "unknown-campaign": _code(
        "No campaign of the caller's has this slug.",
        "No campaign with this slug exists, or you may not see it.",
        "Tidak ada kampanye dengan slug ini, atau Anda tidak boleh melihatnya.",
    ),
    "unknown-medium": _code(
        "The source has no channel with this medium.",
        "This source has no channel with this medium.",
        "Sumber ini tidak memiliki kanal dengan medium ini.",
    ),
    "ambiguous-source": _code(
        "An alias of several sources.",
        "This alias stands for different sources in different units. Write the source instead.",
        "Alias ini berarti sumber berbeda di satuan berbeda. Tulis sumbernya.",
    ),
    "unknown-state": _code(
        "No state of a new link.",
        "A new link must have the state draft or active.",
        "Tautan baru harus berstatus draft atau active.",
    ),
    "not-yes-or-no": _code("Neither yes nor no.", "Write yes or no.", "Tulis ya atau tidak."),
    "row-above-header": _code(
        "A row of a link stands above the header.",
        "A row above the header would not be read. Move the header above all rows.",
        "Baris di atas kepala tabel tidak akan dibaca. Pindahkan kepala tabel ke atas semua baris.",
    ),
    "not-a-time": _code("No time that can be read.", "This is not a time.", "Ini bukan waktu."),
    "ambiguous-time": _code(
        "Day and month of a time could be each other.",
        "Day and month could be each other. Write the time like 2026-12-01T08:00, with the T, which spreadsheet "
        "programs leave as it is.",
        "Tanggal dan bulan dapat tertukar. Tulis waktu seperti 2026-12-01T08:00, dengan huruf T, yang tidak diubah "
        "oleh program lembar kerja.",
    ),
    "link-differs": _code(
        "An exported row was changed.",
        "An import does not change links. Remove the row, or empty its id and slug.",
        "Impor tidak mengubah tautan. Hapus barisnya, atau kosongkan id dan slug-nya.",
    ),
    # Candidates.
    "too-long": _code("An answer is too long.", "This answer is too long.", "Jawaban terlalu panjang."),
    "not-an-email": _code(
        "No e-mail address.", "This is not a valid e-mail address.", "Ini bukan alamat surel yang sah."
    ),
    "not-a-phone-number": _code(
        "No telephone number.",
        "This is not a valid phone number. Start a foreign number with + and the country code.",
        "Ini bukan nomor telepon yang sah. Awali nomor luar negeri dengan + dan kode negara.",
    ),
    "not-a-personal-number": _code(
        "The telephone number of a service or a satellite.",
        "This is the number of a service or a satellite. Write a number of your own.",
        "Ini nomor layanan atau satelit. Tulis nomor Anda sendiri.",
    ),
    "no-letters": _code(
        "A name without a letter.", "This field needs at least one letter.", "Isi dengan minimal satu huruf."
    ),
    "too-many-marks": _code(
        "A letter of a name has too many marks above and below it.",
        "A letter has too many marks above and below it.",
        "Sebuah huruf memiliki terlalu banyak tanda di atas dan di bawahnya.",
    ),
    "not-a-date": _code(
        "No date.",
        "This is not a valid date. Write it like 2008-02-29.",
        "Ini bukan tanggal yang sah. Tulis seperti 2008-02-29.",
    ),
    "unknown-choice": _code(
        "None of the choices of the field.",
        "This value is not one of the choices of the field.",
        "Nilai ini bukan salah satu pilihan kolom.",
    ),
    "age-out-of-range": _code(
        "The candidate is too young or too old.",
        "The age is outside the limits.",
        "Usia di luar batas yang ditentukan.",
    ),
    "outdated-notice": _code(
        "Consent to another version of the privacy notice.",
        "The privacy notice has changed. Show the current one and ask again.",
        "Pemberitahuan privasi telah berubah. Tampilkan yang terbaru dan minta persetujuan lagi.",
    ),
    # Statistics.
    "unknown-zone": _code(
        "No time zone of the IANA database.",
        "The time zone is unknown. Use a name of the IANA database, such as Asia/Jakarta.",
        "Zona waktu tidak dikenal. Gunakan nama dari basis data IANA, seperti Asia/Jakarta.",
    ),
    "range-too-long": _code("The range has too many days.", "The range is too long.", "Rentang terlalu panjang."),
    "not-asked": _code(
        "Sorted by something that is not queried.",
        "Sort by a metric or dimension of the query.",
        "Urutkan menurut metrik atau dimensi dari kueri.",
    ),
    "not-for-this-metric": _code(
        "Metric and dimension cannot be combined.",
        "This dimension cannot be combined with the metrics; query them separately.",
        "Dimensi ini tidak dapat digabung dengan metriknya; tanyakan terpisah.",
    ),
    "not-filterable": _code(
        "The dimension has no filter values.",
        "This dimension cannot be used in a filter.",
        "Dimensi ini tidak dapat dipakai sebagai filter.",
    ),
    "unknown-value": _code(
        "No such value among those of the caller's units.",
        "Your units have no such value.",
        "Satuan Anda tidak memiliki nilai ini.",
    ),
    # Keys, on the command line.
    "bad-name": _code("A key's name.", "The name of the key is not valid.", "Nama kunci tidak sah."),
}
