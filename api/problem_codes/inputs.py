"""What is said of input that has the wrong type, length or format: our text for each kind of error of pydantic.

Kinds that are not listed get the general text, so that no wording of a library reaches a client.
"""

from collections.abc import Mapping

from api.problem_codes.types import Text

GENERAL = Text("This value is not valid.", "Nilai ini tidak sah.")
_TEXT = Text("Write a text.", "Isi dengan teks.")
_WHOLE = Text("Write a whole number.", "Isi dengan bilangan bulat.")
_FLAG = Text("Write true or false.", "Isi dengan true atau false.")
_ID = Text(
    "Write an id such as 0198f3a2-b7c8-7d3e-9a41-c0ffee000001.",
    "Isi dengan id seperti 0198f3a2-b7c8-7d3e-9a41-c0ffee000001.",
)
_DAY = Text("Write a day as YYYY-MM-DD.", "Tulis tanggal sebagai YYYY-MM-DD.")
_TIME = Text("Write a time such as 2026-11-24T08:00:00+07:00.", "Tulis waktu seperti 2026-11-24T08:00:00+07:00.")
_OBJECT = Text("Write a JSON object.", "Isi dengan objek JSON.")

# Two of pydantic's types for one slip: how a set of values is declared is nothing to those who choose among them.
SAME: Mapping[str, str] = {"literal_error": "enum"}
# pydantic's type of an error -> our text; the code in `errors[]` is the type with hyphens.
INPUT_ERRORS: Mapping[str, Text] = {
    "missing": Text("This value is required.", "Nilai ini wajib diisi."),
    "extra_forbidden": Text("There is no such field.", "Kolom ini tidak dikenal."),
    "too_many_fields": Text(
        "This object has {given} fields. There are only {known}.",
        "Objek ini memuat {given} kolom. Yang dikenal hanya {known}.",
    ),
    "string_type": _TEXT,
    "string_unicode": Text("This is not valid Unicode.", "Ini bukan Unicode yang sah."),
    "string_too_short": Text("Write {min_length} or more characters.", "Isi dengan minimal {min_length} karakter."),
    "string_too_long": Text("Write at most {max_length} characters.", "Isi dengan maksimal {max_length} karakter."),
    "string_pattern_mismatch": Text(
        "This text has characters or a form that are not allowed here.",
        "Teks ini memuat karakter atau bentuk yang tidak diperbolehkan di sini.",
    ),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": Text("Write a number.", "Isi dengan angka."),
    "float_parsing": Text("Write a number.", "Isi dengan angka."),
    "finite_number": Text("Write a number.", "Isi dengan angka."),
    "greater_than": Text("Write a number greater than {gt}.", "Isi dengan angka lebih dari {gt}."),
    "greater_than_equal": Text("Write a number that is at least {ge}.", "Isi dengan angka minimal {ge}."),
    "less_than": Text("Write a number less than {lt}.", "Isi dengan angka kurang dari {lt}."),
    "less_than_equal": Text("Write a number that is at most {le}.", "Isi dengan angka maksimal {le}."),
    "bool_type": _FLAG,
    "bool_parsing": _FLAG,
    "enum": Text("Write one of: {expected}.", "Isi dengan salah satu dari: {expected}."),
    "list_type": Text("Write a list.", "Isi dengan daftar."),
    "too_short": Text("Give {min_length} or more items.", "Isi minimal {min_length} butir."),
    "too_long": Text("Give at most {max_length} items.", "Isi maksimal {max_length} butir."),
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "bytes_type": Text("Send a body.", "Kirim isi permintaan."),
    "bytes_too_long": Text("The body is too large.", "Isi permintaan terlalu besar."),
    "uuid_type": _ID,
    "uuid_parsing": _ID,
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_object_invalid": _TIME,
    "datetime_from_date_parsing": _TIME,
    "timezone_aware": Text(
        "Write the offset from UTC after the time, such as +07:00 or Z. In a query write + as %2B.",
        "Tulis selisih dari UTC setelah waktu, seperti +07:00 atau Z. Di dalam query, tulis + sebagai %2B.",
    ),
    "time_missing": Text(
        "This is a day without a time. Write both and the offset, such as 2026-11-24T00:00:00+07:00. In a query write "
        "+ as %2B.",
        "Ini tanggal tanpa waktu. Tulis keduanya beserta selisihnya, seperti 2026-11-24T00:00:00+07:00. Di dalam "
        "query, tulis + sebagai %2B.",
    ),
    "plus_not_encoded": Text(
        "The + before the offset arrived as a space. In a query write it as %2B, such as 2026-11-24T00:00:00%2B07:00.",
        "Tanda + sebelum selisih waktu tiba sebagai spasi. Di dalam query tulis sebagai %2B, seperti "
        "2026-11-24T00:00:00%2B07:00.",
    ),
    "year_out_of_range": Text("The year must be between {first} and {last}.", "Tahun harus antara {first} dan {last}."),
}
