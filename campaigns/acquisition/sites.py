"""Sites below a network's host that are not the network. Used by `lookup`.

Pure data. A changed entry can change groups, so increase `channel_groups.GROUPING_VERSION` with it.
"""

# Search engines of companies that also have mail, maps, shops and documents below the same host, where nobody searches:
# what else than SEARCH_PARTS may stand in front of it. Sites with a row of their own are that network's.
SEARCH_PARTS = frozenset({"www", "m", "wap", "mobile", "touch", "search"})
PORTALS = {
    "google": frozenset({"images", "news", "lens", "scholar", "cse", "encrypted"}),
    "bing": frozenset({"cn", "www2", "www4"}),
    "yahoo": frozenset({"images"}),
    "yandex": frozenset({"images"}),
    "baidu": frozenset({"image"}),
}

# Sites below a network's host that are not the network.
PLAIN_SITES = frozenset({"today.line.me"})
