"""How many user agents one server process may add to those that are stored."""

from prometheus_client import REGISTRY

from campaigns.clicks.capture.agent_cache import NEW_PER_HOUR, UserAgentCache
from campaigns.clicks.capture.budget import Budget
from campaigns.clicks.types import Device


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def invented(number: int) -> bytes:
    return (
        b"Mozilla/5.0 (Linux; Android %d) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/5" % number
    )


def not_stored() -> float:
    return REGISTRY.get_sample_value("jaring_agents_not_stored_total") or 0.0


def test_what_comes_beyond_the_limit_is_stored_as_one_of_its_kind() -> None:
    cache, before = UserAgentCache(budget=Budget(2, NEW_PER_HOUR, Clock())), not_stored()
    agents = [cache.get(invented(number)) for number in range(100)]
    assert len({agent.id for agent in agents}) == 3
    assert agents[2:] == [agents[2]] * 98
    assert agents[2].verdict.device is Device.ANDROID
    assert not agents[2].verdict.reasons
    assert not_stored() - before == 98
    assert cache.get(invented(1)) is agents[1]


def test_robots_stay_robots_beyond_it() -> None:
    cache = UserAgentCache(budget=Budget(0, NEW_PER_HOUR, Clock()))
    assert cache.get(b"WhatsApp/2.24").is_preview
    assert cache.get(b"curl/8.1").verdict.reasons
    assert cache.get(b"").verdict.reasons


def test_the_limit_grows_by_the_hour_up_to_what_it_began_with() -> None:
    clock = Clock()
    cache = UserAgentCache(budget=Budget(2, NEW_PER_HOUR, clock))
    for number in range(3):
        cache.get(invented(number))
    clock.seconds = 3600 / NEW_PER_HOUR
    new = cache.get(invented(10))
    assert (new.text, new.id) != (cache.get(invented(11)).text, cache.get(invented(11)).id)
    clock.seconds += 1_000_000
    assert len({cache.get(invented(number)).id for number in range(20, 30)}) == 3


def test_headers_of_one_agent_share_it() -> None:
    cache = UserAgentCache()
    one = cache.get(b"Mozilla/5.0 (Linux; Android 14; SM-A546E) Chrome/126.0.6478.122")
    assert cache.get(b"Mozilla/5.0 (Linux; Android 14; CPH2581) Chrome/126.0.6099.230") is one
