"""The table of networks and the hosts of Referer headers.

How it can go wrong: a row that hides another; a host matched by a piece of a label; an address that two parsers read
differently; a host kept with a password, a port or a path.
"""

from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.acquisition.lookup import MAX_LABELS, fold, network_of, network_of_host
from campaigns.acquisition.networks import CLICK_IDS, NETWORKS, Network
from campaigns.acquisition.referrer import MAX_HOST_LENGTH, referrer_host
from campaigns.acquisition.sites import PLAIN_SITES, PORTALS

HOSTS = [host for network in NETWORKS for host in network.hosts]

REFERRERS: list[tuple[bytes, str | None]] = [
    (b"https://www.instagram.com/", "www.instagram.com"),
    (b"https://l.instagram.com/?u=https%3A%2F%2Fdaftar.example", "l.instagram.com"),
    (b"http://LM.Facebook.COM", "lm.facebook.com"),
    (b"HTTPS://t.co/abc", "t.co"),
    (b"https://www.google.com:443/search?q=nama", "www.google.com"),
    (b"https://www.google.com:/", "www.google.com"),
    (b"https://user:secret@www.detik.com/", "www.detik.com"),
    (b"https://instagram.com@evil.example/", "evil.example"),
    (b"https://a@b@evil.example/", "evil.example"),
    (b"https://evil.example\\.instagram.com/", "evil.example"),
    (b"https://evil.example#.instagram.com", "evil.example"),
    (b"https://evil.example?.instagram.com", "evil.example"),
    (b"https://www.detik.com./", "www.detik.com"),
    (b"https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
    ("https://bücher.example/".encode(), "xn--bcher-kva.example"),
    ("https://BÜCHER.example/".encode(), "xn--bcher-kva.example"),
    (b"http://localhost:8000/", "localhost"),
    (b"http://192.0.2.7/", None),
    (b"https://under_score.example/", "under_score.example"),
    (b"android-app://com.instagram.android/", "com.instagram.android"),
    (b"android-app://com.instagram.android", "com.instagram.android"),
    (b"Android-App://com.Slack/", "com.slack"),
    (
        b"android-app://com.google.android.googlequicksearchbox/https/www.google.com",
        "com.google.android.googlequicksearchbox",
    ),
    (b"", None),
    (b"-", None),
    (b"about:blank", None),
    (b"www.instagram.com", None),
    (b"//www.instagram.com/", None),
    (b"https:/www.instagram.com/", None),
    (b"https://", None),
    (b"https:///path", None),
    (b"https://:443/", None),
    (b"https://user@/", None),
    (b"ftp://www.instagram.com/", None),
    (b"ios-app://389801252/", None),
    (b"javascript:alert(1)", None),
    (b"file:///etc/passwd", None),
    (b"https://[2001:db8::1]/", None),
    (b"https://a..b/", None),
    (b"https://.example/", None),
    (b"https://-a.example/", None),
    (b"https://a-.example/", None),
    (b"https://a b.example/", None),
    (b"https://a\tb.example/", None),
    (b"https://a\0.example/", None),
    (b"https://a%2eexample/", None),
    (b"https://<script>/", None),
    (b"https://a.example:80a/", None),
    (b"https://\xff\xfe.example/", None),
    (b"https://" + b"a" * 64 + b".example/", None),
    (b"https://" + b"a." * 127 + b"a/", "a." * 127 + "a"),
    (b"https://" + b"a." * 128 + b"a/", None),
]


@pytest.mark.parametrize(("raw", "host"), REFERRERS)
def test_host_of_a_referrer(raw: bytes, host: str | None) -> None:
    assert referrer_host(raw) == host


@given(st.binary(max_size=400) | st.binary(max_size=300).map(lambda rest: b"https://" + rest))
@example("https://ﬀ。example/".encode())
@example(b"https://" + b"@:" * 5_000)
def test_any_input_gives_a_plain_host_or_none(raw: bytes) -> None:
    host = referrer_host(raw)
    if host is not None:
        assert 0 < len(host) <= MAX_HOST_LENGTH
        assert set(host) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
        assert referrer_host(f"https://{host}/".encode()) == host


def test_nothing_stands_twice_in_the_table() -> None:
    for words in (
        [name for network in NETWORKS for name in (network.name, *network.aliases)],
        [*HOSTS, *PLAIN_SITES],
        [label for network in NETWORKS for label in network.country_hosts],
        [package for network in NETWORKS for package in network.packages],
    ):
        assert [word for word, times in Counter(words).items() if times > 1] == []


def test_the_table_is_written_as_it_is_looked_up() -> None:
    for network in NETWORKS:
        assert [name for name in (network.name, *network.aliases) if fold(name) != name] == []
        assert [name for name in (network.name, *network.aliases) if "." in name] == []
    for host in (*HOSTS, *PLAIN_SITES):
        assert referrer_host(f"https://{host}/".encode()) == host
        assert "." in host
        assert host.count(".") < MAX_LABELS
    for package in (package for network in NETWORKS for package in network.packages):
        assert referrer_host(f"android-app://{package}/".encode()) == package
        assert "." in package
    assert set(CLICK_IDS.values()) <= {network.name for network in NETWORKS}
    assert [name for name in CLICK_IDS if name != name.lower()] == []


def test_no_row_is_unreachable() -> None:
    """No host stands below a host of the same network, where it would say nothing."""
    for network in NETWORKS:
        for host in network.hosts:
            assert [other for other in network.hosts if host.endswith(f".{other}")] == []


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("www.instagram.com", "instagram"),
        ("m.facebook.com", "facebook"),
        ("l.facebook.com", "facebook"),
        ("lm.facebook.com", "facebook"),
        ("l.threads.com", "threads"),
        ("www.tiktok.com", "tiktok"),
        ("api.whatsapp.com", "whatsapp"),
        ("web.telegram.org", "telegram"),
        ("id.quora.com", "quora"),
        ("liff.line.me", "line"),
        ("a.b.c.d.e.f.t.co", "x"),
        ("google.com", "google"),
        ("www.google.de", "google"),
        ("www.google.co.id", "google"),
        ("www.google.com.sg", "google"),
        ("news.google.com", "google"),
        ("mail.google.com", "gmail"),
        ("gemini.google.com", "gemini"),
        ("search.yahoo.co.jp", "yahoo"),
        ("mail.yahoo.com", "yahoo-mail"),
        ("shopee.sg", "shopee"),
        ("www.lazada.co.id", "lazada"),
        ("id.pinterest.com", "pinterest"),
        ("outlook.live.com", "outlook"),
        # pieces of labels, other sites under a network's domain, and domains that only begin like a network's
        ("microsoft.com", None),
        ("dropbox.com", None),
        ("netflix.com", None),
        ("xt.co", None),
        ("notinstagram.com", None),
        ("instagram.com.evil.example", None),
        ("instagram.example", None),
        ("google.com.evil.example", None),
        ("google.evil.example", None),
        ("google.evil", None),
        ("google", None),
        ("google.co.evil", None),
        ("google.example.id", None),
        ("com", None),
        ("", None),
        ("...", None),
        ("docs.google.com", None),
        ("sites.google.com", None),
        # a search engine's company, where nobody searches
        ("messages.google.com", "google-messages"),
        ("chat.google.com", "google-chat"),
        ("play.google.com", None),
        ("maps.google.co.id", None),
        ("photos.google.com", None),
        ("ogs.google.com", None),
        ("a.b.c.google.com", None),
        ("groups.yahoo.com", None),
        ("id.news.yahoo.com", None),
        ("disk.yandex.ru", None),
        ("mail.yandex.com", "yandex-mail"),
        ("tieba.baidu.com", None),
        ("translate.bing.com", None),
        # where somebody does
        ("images.google.co.id", "google"),
        ("r.search.yahoo.com", "yahoo"),
        ("uk.images.search.yahoo.com", "yahoo"),
        ("malaysia.search.yahoo.com", "yahoo"),
        ("m.yandex.com.tr", "yandex"),
        ("cn.bing.com", "bing"),
        ("m.baidu.com", "baidu"),
        ("start.duckduckgo.com", "duckduckgo"),
        ("today.line.me", None),
        ("brave.com", None),
        ("com.instagram.android.evil", None),
        ("detik.com", None),
        ("kompas.com", None),
    ],
)
def test_network_of_a_host(host: str, name: str | None) -> None:
    assert network_of(host, ()) == name


LABEL = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)


@given(network=st.sampled_from([network for network in NETWORKS if network.hosts]), label=LABEL)
def test_hosts_match_by_whole_labels(network: Network, label: str) -> None:
    for host in network.hosts:
        below = network_of_host(f"{label}.{host}")
        if f"{label}.{host}" not in {*HOSTS, *PLAIN_SITES} and network.name not in PORTALS:
            assert below is network
        glued = f"{label}{host}"
        if glued not in HOSTS:
            assert network_of_host(glued) is not network or glued.split(".", 1)[1] in network.hosts
        assert network_of_host(f"{host}.{label}.example") is None


def test_the_referrer_says_more_than_a_click_id() -> None:
    assert network_of("l.instagram.com", ("fbclid",)) == "instagram"
    assert network_of("linktr.ee", ("fbclid",)) == "meta"
    assert network_of(None, ("ttclid", "fbclid")) == "tiktok"
    assert network_of(None, ()) is None
    assert network_of(None, ("page",)) is None
