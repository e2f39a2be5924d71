"""The demo's invented data. No name, address or number in it belongs to a real person."""

from campaigns.planning.types import UnitKind

ALLOWED_HOST = "daftar.jaring.example"
LANDING = f"https://{ALLOWED_HOST}/bintara"
NOTICE = f"https://{ALLOWED_HOST}/privasi"

# code, name, kind, code of the parent
UNITS = [
    ("ID-JB", "Jawa Barat", UnitKind.PROVINCE, "ID"),
    ("ID-JI", "Jawa Timur", UnitKind.PROVINCE, "ID"),
    ("ID-JB-BDG", "Bandung", UnitKind.DISTRICT, "ID-JB"),
]

# name, source, medium, aliases of the source
CHANNELS = [
    ("Instagram", "instagram", "social", ["ig", "insta"]),
    ("TikTok", "tiktok", "social", ["tt"]),
    ("WhatsApp", "whatsapp", "chat", ["wa"]),
    ("Poster", "poster", "print", []),
]

# slug, name, code of the unit
CAMPAIGNS = [
    ("bintara-2027-jabar", "Bintara 2027, Jawa Barat", "ID-JB"),
    ("bintara-2027-jatim", "Bintara 2027, Jawa Timur", "ID-JI"),
]

# slug, name, campaign, source of the channel, content, number of taps, number of registrations from them
LINKS = [
    ("jabar-bio", "Bio Instagram", "bintara-2027-jabar", "instagram", "bio", 140, 12),
    ("jabar-reels", "Reels kehidupan siswa", "bintara-2027-jabar", "instagram", "reels-1", 210, 9),
    ("jabar-tiktok", "Video hari pertama", "bintara-2027-jabar", "tiktok", "video-1", 320, 8),
    ("jabar-wa", "Grup alumni SMA", "bintara-2027-jabar", "whatsapp", None, 45, 10),
    ("jatim-bio", "Bio Instagram", "bintara-2027-jatim", "instagram", "bio", 120, 8),
    ("jatim-poster", "Poster terminal", "bintara-2027-jatim", "poster", "terminal", 38, 3),
]
# Registrations without a touch, by campaign.
UNATTRIBUTED = {"bintara-2027-jabar": 3, "bintara-2027-jatim": 2}
# Taps on a slug that a poster misspelt.
MISSPELT, MISSPELT_TAPS = "jatim-postr", 7

FIRST_NAMES = ["Adi", "Bayu", "Citra", "Dewi", "Eka", "Fajar", "Gita", "Hendra", "Intan", "Joko", "Kartika", "Lestari"]
LAST_NAMES = ["Contoh", "Rekaan", "Misalnya", "Fiktif", "Umpama"]

# The applicants' stages: stage key and share of all.
PROGRESS = [("verified", 0.55), ("assessed", 0.3), ("accepted", 0.15)]
REJECTED = 0.1
