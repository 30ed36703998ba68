"""Which addresses a browser may follow. Pure."""

from urllib.parse import quote, urlsplit

from alerts import words


def web_address(url: str) -> str:
    """The address if a browser should follow it (http or https, a host, no user name), percent-encoded; otherwise ""."""
    address = quote(words.clean(url), safe="%/:?#[]@!$&'()*+,;=~-._")
    try:
        parts = urlsplit(address)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    return address if fine and len(address) <= 2000 else ""
