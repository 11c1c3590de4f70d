"""A small site that tells the comments who is signed in, and who of them moderates.

    python examples/plugin_app/with_a_loader.py

Then open http://localhost:5000/ and sign in as dora or ed, who moderates; the password is "demo".
"""

import os

from flask import Flask, redirect, render_template, request, session
from flask_sqlalchemy import SQLAlchemy

from comments import Comments, Identity
from comments.schema import upgrade

app = Flask(__name__, instance_path=os.environ.get("INSTANCE"))
app.config["SECRET_KEY"] = "only for this example"
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///site.sqlite3"
app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1"]

db = SQLAlchemy(app)
comments = Comments(app, db=db)

USERS = {
    "dora": {"id": 1, "name": "Dora", "site": "https://dora.example", "is_editor": False},
    "ed": {"id": 2, "name": "Ed", "site": None, "is_editor": True},
}


@comments.identity_loader
def who():
    user = USERS.get(session.get("user"))
    if user is None:
        return None
    return Identity(
        id=user["id"], name=user["name"], website=user["site"], is_moderator=user["is_editor"]
    )


@app.get("/")
def article():
    return render_template("article.html")


@app.post("/sign-in")
def sign_in():
    if request.form.get("name") in USERS and request.form.get("password") == "demo":
        session.clear()
        session["user"] = request.form["name"]
    return redirect("/")


@app.post("/sign-out")
def sign_out():
    session.clear()
    return redirect("/")


if __name__ == "__main__":
    with app.app_context():
        upgrade(db.engine)
    app.run(port=int(os.environ.get("PORT", 5000)))
