"""The page at the root: one file, nothing loaded from anywhere else, and the browser is told so."""

import base64
import hashlib
import re
from functools import cache

from mondrian_desktop import paths

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


@cache
def page() -> tuple[str, str]:
    """Return the page and its content security policy, which allows what is in it and nothing else."""
    text = paths.resource("web", "index.html").read_text(encoding="utf-8")
    hashes = {kind: _hash(content) for kind, content in _INLINE.findall(text)}
    policy = (
        f"default-src 'none'; script-src '{hashes['script']}'; style-src '{hashes['style']}'; connect-src 'self'; "
        "img-src blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return text, policy


def _hash(content: str) -> str:
    # https://www.w3.org/TR/CSP3/#match-element-to-source-list
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")
