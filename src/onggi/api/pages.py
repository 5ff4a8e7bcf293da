"""What web pages may ask for: nothing. One that is open in a browser on this machine reaches its loopback addresses,
where without TLS nobody has to prove anything.

A browser says in `Origin` whose page sends a request that could do something, or opens a websocket. What looks to it as
if it were of the page itself has the page's name in `Host`: somebody's name server has made it an address of ours.
"""

from __future__ import annotations

from aiohttp import web

from onggi.api.connections import is_plain_tcp
from onggi.api.refusals import Refusal
from onggi.fetch.host import is_loopback, without_port


def require_no_page(request: web.Request) -> None:
    """Raises Refusal. Clients of websockets say the origin of the server itself."""
    if not is_plain_tcp(request):
        return
    host, origin = request.headers.get("Host", ""), request.headers.get("Origin", "")
    if host and not _is_here(without_port(host)):
        raise Refusal(403, f"{host} is no address of this server: without TLS ask for localhost or 127.0.0.1")
    if origin and origin != f"http://{host}":
        raise Refusal(403, f"web pages ({origin}) may not ask this server for anything")


def _is_here(name: str) -> bool:
    return is_loopback(name) or name.endswith(".localhost")
