"""Which certificate authorities are trusted: this computer's own, so that a workplace's authority counts.

Only the TLS context belongs here.
"""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """The system's authorities (SSL_CERT_FILE and SSL_CERT_DIR count), those of certifi where the system has none."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    known = (paths.cafile and Path(paths.cafile).is_file()) or (
        paths.capath and Path(paths.capath).is_dir() and any(Path(paths.capath).iterdir())
    )
    if not known:
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    return context
