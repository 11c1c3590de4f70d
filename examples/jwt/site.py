"""A site that is not made with Flask, and signs its readers in at the comments.

In one terminal, the service:

    export COMMENTS_ORIGINS=http://localhost:8000
    export COMMENTS_SSO_SECRETS=http://localhost:8000=a-secret-of-32-characters-or-more
    make run

In another, the site, and then http://localhost:8000/ in a browser:

    SECRET=a-secret-of-32-characters-or-more python examples/jwt/site.py
"""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from make_token import comments_token

PORT = int(os.environ.get("PORT", 8000))
SITE = f"http://localhost:{PORT}"
# The example's page names the service at its usual place.
SERVICE = os.environ.get("SERVICE", "http://127.0.0.1:5000")
PAGE = Path(__file__).with_name("index.html").read_text()


class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/comments-token":
            # A real site looks at its session here, and answers 204 to who is not signed in.
            token = comments_token(os.environ["SECRET"], SITE, id=42, name="Dora")
            self.answer(token, "text/plain", ("Cache-Control", "no-store"))
        else:
            page = PAGE.replace("http://127.0.0.1:5000", SERVICE)
            self.answer(page, "text/html; charset=utf-8")

    def answer(self, text, kind, *headers):
        self.send_response(200)
        for name, value in (("Content-Type", kind), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", PORT), Site).serve_forever()
