"""Any destination gives a URL that is valid in a header and has each of our parameters once.

tests/unit/links/test_target_url.py has the examples; here are destinations as a broken row may hold them.
"""

import re
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.links.target_url import compose_target, compose_url
from campaigns.links.types import Utm
from tests.properties import hostile
from tests.properties.bounds import bounded

OWN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "cid")
values = st.text(hostile.characters, min_size=1, max_size=12)
utms = st.builds(Utm, values, values, values, st.none() | values, st.none() | values)
own_names = st.sampled_from(OWN).flatmap(
    lambda name: st.sampled_from([name, name.replace("_", "%5F"), name + "\0", f"+{name}"])
)
queries = st.lists(
    st.builds(
        lambda name, sign, value: name + sign + value, own_names | hostile.texts, st.sampled_from("=&#?;"), values
    ),
    max_size=6,
).map("&".join)
destinations = hostile.texts | queries.map("https://daftar.example/form?".__add__)


@given(destination=destinations, utm=utms)
@example("https://daftar.example/\ud800?\ud800=\ud800#\ud800", Utm("\ud800", "\0", "&cid=x#", "", "=\r\n"))
@bounded(250)
def test_any_destination_is_fit_for_a_header(destination: str, utm: Utm) -> None:
    before, after = compose_target(destination, utm)
    assert re.fullmatch(rb"[!-~]+", before + after)
    assert before.endswith(b"cid=")
    assert after[:1] in (b"", b"#")
    bare = compose_url(destination, utm)
    assert f"{before.decode().removesuffix('&cid=')}{after.decode()}" == bare
    assert compose_url(bare, utm) == bare


@given(query=queries, utm=utms)
@bounded(150)
def test_the_page_finds_each_of_our_parameters_once(query: str, utm: Utm) -> None:
    before, after = compose_target(f"https://daftar.example/form?{query}", utm)
    address = urlsplit((before + b"TOKEN" + after).decode())
    assert (address.scheme, address.netloc, address.path) == ("https", "daftar.example", "/form")
    names = [name for name, _ in parse_qsl(address.query, keep_blank_values=True)]
    parts = [unquote_plus(part.partition("=")[0]) for part in address.query.split("&")]
    expected = [name for name, value in zip(OWN, (*_values(utm), "TOKEN"), strict=True) if value is not None]
    assert [name for name in names if name in OWN] == expected
    assert [name for name in parts if name in OWN] == expected


def _values(utm: Utm) -> tuple[str | None, ...]:
    return utm.source, utm.medium, utm.campaign, utm.term, utm.content
