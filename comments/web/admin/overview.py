"""The first page of the moderation views: how the site is doing."""

from flask import Response

from comments.web.admin.door import admin
from comments.web.admin.scene import draw


@admin.get("/overview")
def overview() -> Response:
    return draw("overview.html")
