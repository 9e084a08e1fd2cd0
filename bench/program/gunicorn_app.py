"""The gunicorn side of the bench: hello as a WSGI app."""

BODY = b"Hello, world!\n"
HEADERS = [
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Length", str(len(BODY))),
]


def app(environ, start_response):
    """Answers everything with the same text."""
    start_response("200 OK", HEADERS)
    return [BODY]
