"""Which addresses a feed may connect to: public ones, and those the operator wrote down."""

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore

from monitor.errors import Failure, FeedError
from monitor.model import Words

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, as text. OSError: it has none."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_UNICAST = ipaddress.ip_network("2000::/3")  # all that is routed; leaves out NAT64, site-local and compatible addresses
_TUNNELS = (ipaddress.ip_network("2001::/32"), ipaddress.ip_network("2002::/16"))  # Teredo, 6to4: may hide any IPv4


def public(address: str) -> bool:
    """Whether an address belongs to the open internet. Not: private, loopback, carrier NAT, multicast, tunnels."""
    ip = _plain(address)
    if not ip.is_global or ip.is_multicast:
        return False
    return ip.version == 4 or (ip in _UNICAST and not any(ip in tunnel for tunnel in _TUNNELS))


def _plain(address: str) -> _Address:
    ip = ipaddress.ip_address(address)
    return (ip.ipv4_mapped or ip) if isinstance(ip, ipaddress.IPv6Address) else ip


class Guard(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to those the operator wrote down.

    The name is resolved once, every address checked, and the socket opened to the checked address: a name that answers
    differently a moment later changes nothing. TLS still verifies the host's name.
    """

    def __init__(self, allowed: Iterable[str], resolve: Resolve) -> None:
        self._sockets = httpcore.AnyIOBackend()
        self._resolve = resolve
        self._hosts: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for entry in allowed:
            try:
                self._networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                self._hosts.add(entry.lower())

    def check(self, host: str, address: str) -> None:
        if host.lower() in self._hosts or public(address):
            return
        if any(_plain(address) in network for network in self._networks):
            return
        raise FeedError(
            Failure.REFUSED,
            f"{host} is at the private address {address}",
            fix=Words(
                f'如果就是要它，在 [[feed]] 里写 allow_private = ["{host}"]',
                f'If that is meant, write allow_private = ["{host}"] in the [[feed]] table',
            ),
        )

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._resolve(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from None
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the name has no address") from None
        for address in addresses:
            self.check(host, address)
        failed: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                return await self._sockets.connect_tcp(
                    address, port, timeout and timeout / len(addresses), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed
