"""Creates 100,000 links for the benchmark, with all optional fields set, as copies of a demo link."""

import psycopg

MAX_LINKS = 100_000
SLUGS = [f"bench-{number}" for number in range(MAX_LINKS)]

# As `POST /v1/links` stores them. No rule matches the benchmark's phones, so that every tap tries all rules.
_MAKE = """
INSERT INTO links (id, campaign_id, channel_id, name, slug, destination, utm_source, utm_medium, utm_campaign,
    utm_content, channel_group, state, starts_at, ends_at, ended_destination, pass_query, rules, variants, created_at,
    version)
SELECT gen_random_uuid(), campaign_id, channel_id, slugs.slug, slugs.slug, destination, utm_source, utm_medium,
    utm_campaign, slugs.slug, channel_group, 'active', now() - interval '1 day', now() + interval '1 day', destination,
    true,
    jsonb_build_array(
        jsonb_build_object('device', 'ios', 'language', NULL, 'destination', destination),
        jsonb_build_object('device', 'desktop', 'language', NULL, 'destination', destination),
        jsonb_build_object('device', NULL, 'language', 'en', 'destination', destination)),
    jsonb_build_array(
        jsonb_build_object('key', 'photo', 'weight', 2, 'destination', destination),
        jsonb_build_object('key', 'film', 'weight', 1, 'destination', destination)),
    now(), 1
FROM links, unnest(%s::text[]) AS slugs (slug)
WHERE links.slug = %s
"""


def make_links(conninfo: str, *, slug_like: str) -> None:
    """Create a link for each of SLUGS, with campaign and channel of the link `slug_like`."""
    with psycopg.connect(conninfo) as connection:
        connection.execute(_MAKE, (SLUGS, slug_like))
        connection.execute("ANALYZE links")  # PostgreSQL itself does so within a minute
