"""Whose network a request comes from: exact hops, one household, nothing in clear."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.web.address import client_address, network

PROXY = "10.0.0.1"


def called(forwarded: str | None, *, hops: int, remote: str = PROXY) -> str | None:
    environ = {"REMOTE_ADDR": remote}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    return client_address(environ, hops)


def test_without_proxies_of_ours_the_header_is_not_read() -> None:
    assert called("198.51.100.7", hops=0) == PROXY


@pytest.mark.parametrize(
    ("hops", "client"),
    [(1, "203.0.113.3"), (2, "203.0.113.2"), (3, "203.0.113.1")],
)
def test_hops_are_counted_from_the_right(hops: int, client: str) -> None:
    assert called("203.0.113.1, 203.0.113.2 ,203.0.113.3", hops=hops) == client


def test_what_the_caller_wrote_to_the_left_is_not_believed() -> None:
    honest = called("203.0.113.9", hops=1)
    assert called("127.0.0.1, 10.0.0.9, 203.0.113.9", hops=1) == honest == "203.0.113.9"


@given(st.text(max_size=80))
def test_nothing_a_caller_sends_changes_who_they_are(spoofed: str) -> None:
    assert called(f"{spoofed},203.0.113.9,{PROXY}", hops=2) == "203.0.113.9"


def test_several_headers_joined_by_the_server_are_one_list() -> None:
    assert called("198.51.100.7,203.0.113.8,203.0.113.9", hops=2) == "203.0.113.8"


def test_with_fewer_entries_than_hops_the_leftmost_was_written_by_us() -> None:
    assert called("203.0.113.9", hops=3) == "203.0.113.9"
    assert called(None, hops=3) == PROXY
    assert called("", hops=3) == PROXY


@pytest.mark.parametrize("rubbish", ["unknown", "", "203.0.113", "example.org", "1.2.3.4.5", "::x"])
def test_an_entry_that_is_no_address_leaves_the_last_trusted_one(rubbish: str) -> None:
    assert called(f"198.51.100.7, {rubbish}, 203.0.113.9", hops=3) == "203.0.113.9"
    assert called(f"198.51.100.7, {rubbish}", hops=1) == PROXY


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::9]:4711", "2001:db8::9"),
        ("[2001:db8::9]", "2001:db8::9"),
        ("2001:DB8:0:0::9", "2001:db8::9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::9%eth0", "fe80::9"),
    ],
)
def test_ports_brackets_and_other_spellings_are_taken_off(entry: str, address: str) -> None:
    assert called(entry, hops=1) == address


@pytest.mark.parametrize("remote", ["", "unix:", "localhost"])
def test_behind_a_unix_socket_the_proxy_alone_knows_the_address(remote: str) -> None:
    assert called(None, hops=0, remote=remote) is None
    assert called("203.0.113.9", hops=1, remote=remote) == "203.0.113.9"
    assert client_address({}, 0) is None


def test_an_ipv4_address_is_one_network() -> None:
    assert network("203.0.113.9") == network("::ffff:203.0.113.9") == "203.0.113.9"
    assert network("203.0.113.9") != network("203.0.113.8")


def test_an_ipv6_household_is_one_network() -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff:eeee:dddd:1")
    assert network("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")


def test_a_zone_does_not_make_one_address_many() -> None:
    assert network("fe80::9%a") == network("fe80::9%b") == network("fe80::9")


@pytest.mark.parametrize("address", [None, "", "unknown", "example.org"])
def test_callers_without_an_address_share_one_network(address: str | None) -> None:
    assert network(address) == "unknown"


@given(st.ip_addresses())
def test_a_network_is_one_of_its_own_addresses(address: IPv4Address | IPv6Address) -> None:
    named, _, length = network(str(address)).partition("/")
    assert network(named) == network(str(address))
    assert length in ("", "64")
