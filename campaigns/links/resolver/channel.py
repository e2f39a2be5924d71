"""The notification channel on which a changed link's slug is announced to the redirect's caches."""

LINKS_CHANNEL = "jaring_links"
