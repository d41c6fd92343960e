"""``saring web``: search, articles and removals as pages in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.common import ConfigOption, say
from flows.commands.upgrading import check_format, with_readable_index
from flows.settings import load_settings
from transforms.errors import IndexFormatError


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("web")(web)


def web(
    host: Annotated[
        str, typer.Option(help="Address to listen on; other than loopback, the network can read it all.")
    ] = ("127.0.0.1"),
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.")] = 8000,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    config: ConfigOption = None,
) -> None:
    """Show a page to search the index, read articles and see what was removed from them.

    Only this machine can reach it unless --host says otherwise. It follows new generations and ingests while it runs.
    """
    from flows.web.guard import is_loopback  # start-up time: no other command needs a server
    from flows.web.server import address_of, listen, open_browser, serve  # as above

    settings = load_settings(config)
    try:
        with_readable_index(settings, lambda: check_format(settings))
    except IndexFormatError as error:
        say(f"saring: {error}")  # the pages say so as well, until it can be done
    listening = listen(host, port)
    address = address_of(host, listening)
    if not is_loopback(host):
        say(f"saring: everyone who can reach {host} can read the whole corpus: there is no password")
    say(f"saring: {address} (end with Ctrl+C)")
    if open_page:
        open_browser(address)
    serve(settings, host, listening)
