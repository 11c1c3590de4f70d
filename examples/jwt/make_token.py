"""A token that signs one reader in at the comments. Needs nothing but Python."""

import base64
import hashlib
import hmac
import json
import os
import sys
import time


def comments_token(secret, site, id, name, avatar=None, moderator=False):
    claims = {
        "aud": site,  # this site's origin, exactly: https://blog.example
        "sub": str(id),  # your lasting id of the reader
        "name": name,
        "exp": int(time.time()) + 300,  # good for five minutes
    }
    if avatar:
        claims["avatar"] = avatar
    if moderator:
        claims["moderator"] = True
    signed = _part({"alg": "HS256", "typ": "JWT"}) + "." + _part(claims)
    return signed + "." + _base64(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))


def _part(value):
    return _base64(json.dumps(value).encode())


def _base64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


if __name__ == "__main__":
    id, name = sys.argv[1:3]
    print(comments_token(os.environ["SECRET"], os.environ["SITE"], id, name))
