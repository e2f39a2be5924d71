"""The visitor's number: the same for all servers of a day, another for any other address, agent, language or salt."""

from campaigns.clicks.visitors import visitor_of

SALT = b"s" * 32


def test_the_number_is_the_one_that_other_releases_compute() -> None:
    # BLAKE2b with 8 bytes, keyed with the salt, over the parts with a zero byte between them.
    assert visitor_of(SALT, b"114.4.1.1", b"agent", b"id") == 5885737642658173279
    assert visitor_of(SALT, b"", b"", b"") == -5733665384004917609


def test_parts_do_not_run_into_one_another() -> None:
    numbers = {
        visitor_of(SALT, b"114.4.1.1", b"2agent", b"id"),
        visitor_of(SALT, b"114.4.1.12", b"agent", b"id"),
        visitor_of(SALT, b"114.4.1.1", b"2agenti", b"d"),
    }
    assert len(numbers) == 3


def test_without_the_salt_no_visitor_is_recognised() -> None:
    assert visitor_of(SALT, b"114.4.1.1", b"agent", b"id") != visitor_of(b"t" * 32, b"114.4.1.1", b"agent", b"id")
