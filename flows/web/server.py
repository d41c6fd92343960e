"""Listening: a socket, the application behind it, and nothing said on the terminal but errors."""

from __future__ import annotations

import socket
import threading
import webbrowser

import uvicorn

from flows.settings import Settings
from flows.web.app import Site
from flows.web.corpus import Corpus
from transforms.errors import ConfigError


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises ConfigError when the address cannot be used. Port 0 takes a free one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"--host {host}: no such address: {error}") from None
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except OSError as error:
        listening.close()
        hint = "name another with --port, or 0 for a free one" if port else "name another with --host"
        raise ConfigError(f"{host}, port {port}: cannot be listened on ({error.strerror}): {hint}") from None
    return listening


def address_of(host: str, listening: socket.socket) -> str:
    """Where a browser finds the server."""
    named = f"[{host}]" if ":" in host else host
    return f"http://{named}:{listening.getsockname()[1]}/"


def serve(settings: Settings, host: str, listening: socket.socket) -> None:
    """Answer requests until interrupted."""
    corpus = Corpus(settings)
    config = uvicorn.Config(
        Site(corpus).application(host),
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="error",
        server_header=False,
        proxy_headers=False,
    )
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        # Interrupting is how a person ends it.
        return
    finally:
        corpus.close()


def open_browser(address: str) -> None:
    """Show a page in the person's browser, from a thread: a browser of the terminal returns only when it is left."""
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
