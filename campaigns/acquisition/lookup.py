"""Finds the network of a host, an Android package, a source or a click id in the table `networks`. Pure; never raises.

Called by the redirect for every tap, so it uses the standard library only and tries a bounded number of host suffixes.
Hosts match by whole labels: `t.co` matches `www.t.co`, but not `microsoft.com`.
"""

from collections.abc import Collection

from campaigns.acquisition.networks import CLICK_IDS, NETWORKS, Network
from campaigns.acquisition.sites import PLAIN_SITES, PORTALS, SEARCH_PARTS

# The most labels that a host in the table has (mail.yahoo.co.id). Labels in front of them are ignored.
MAX_LABELS = 4

_BY_NAME = {name: network for network in NETWORKS for name in (network.name, *network.aliases)}
_BY_PACKAGE = {package: network for network in NETWORKS for package in network.packages}
PACKAGES = frozenset(_BY_PACKAGE)
_BY_HOST: dict[str, Network | None] = {host: network for network in NETWORKS for host in network.hosts}
_BY_HOST |= dict.fromkeys(PLAIN_SITES)
_BY_COUNTRY_HOST = {label: network for network in NETWORKS for label in network.country_hosts}


def fold(text: str) -> str:
    """Text in the form in which names are compared: lower case, spaces, underscores and hyphens as single hyphens."""
    return "-".join(text.lower().replace("_", " ").replace("-", " ").split())


def network_of_package(package: str) -> Network | None:
    """The network of an Android package in lower case."""
    return _BY_PACKAGE.get(package)


def network_of_host(host: str) -> Network | None:
    """The network of a lower-case host or Android package; the longest known suffix of the host decides."""
    known = _BY_PACKAGE.get(host)
    if known is not None:
        return known
    labels = host.rsplit(".", MAX_LABELS)
    for start in range(len(labels) - 1):
        end = ".".join(labels[start:])
        if end in _BY_HOST:
            known = _BY_HOST[end]
        else:
            known = _BY_COUNTRY_HOST.get(labels[start])
            if known is None or not _is_country_ending(labels[start + 1 :]):
                continue
        return known if known is None or _belongs(labels[:start], known) else None
    return None


def _belongs(before: list[str], network: Network) -> bool:
    """Whether a host with these labels before the known suffix is the network's: a search engine's mail is not."""
    also = PORTALS.get(network.name)
    return also is None or "search" in before or all(label in SEARCH_PARTS or label in also for label in before)


def network_of_source(source: str) -> Network | None:
    """The network that a source names by its name, an alias, a host or a package, in any spelling."""
    return _BY_NAME.get(fold(source)) or network_of_host(source.strip().lower())


def network_of_click_ids(click_ids: Collection[str]) -> Network | None:
    """The network of the first known click id among the names of query parameters, in upper or lower case."""
    present = {name.lower() for name in click_ids}
    return next((_BY_NAME[network] for name, network in CLICK_IDS.items() if name in present), None)


def network_of(referrer_host: str | None, click_ids: Collection[str]) -> str | None:
    """The name of the network that a tap came from, by its referrer, else by its click ids, else None."""
    known = network_of_host(referrer_host) if referrer_host else None
    if known is None and click_ids:
        known = network_of_click_ids(click_ids)
    return known.name if known is not None else None


def _is_country_ending(labels: list[str]) -> bool:
    """Whether the labels are a public ending such as `com`, `id`, `co.id` or `com.sg`."""
    if len(labels) == 2:
        return labels[0] in ("co", "com") and len(labels[1]) == 2
    return len(labels) == 1 and (labels[0] == "com" or len(labels[0]) == 2)
