"""A small site whose readers sign in with Flask-Login. The comments need no code for that.

    python examples/plugin_app/with_flask_login.py

Then open http://localhost:5000/ and sign in as dora or ed; the password is "demo".
"""

import os

from flask import Flask, redirect, render_template, request
from flask_login import LoginManager, UserMixin, login_user, logout_user
from flask_sqlalchemy import SQLAlchemy

from comments import Comments
from comments.schema import upgrade

app = Flask(__name__, instance_path=os.environ.get("INSTANCE"))
app.config["SECRET_KEY"] = "only for this example"
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///site.sqlite3"
app.config["TRUSTED_HOSTS"] = ["localhost", "127.0.0.1"]

db = SQLAlchemy(app)
comments = Comments(app, db=db)
login = LoginManager(app)


class User(UserMixin):
    def __init__(self, id, name):
        self.id = id
        self.name = name  # what the comments show


USERS = {"dora": User(1, "Dora"), "ed": User(2, "Ed")}


@login.user_loader
def load(id):
    return next((user for user in USERS.values() if user.get_id() == id), None)


@app.get("/")
def article():
    return render_template("article.html")


@app.post("/sign-in")
def sign_in():
    user = USERS.get(request.form.get("name", ""))
    if user and request.form.get("password") == "demo":
        login_user(user)
    return redirect("/")


@app.post("/sign-out")
def sign_out():
    logout_user()
    return redirect("/")


if __name__ == "__main__":
    with app.app_context():
        upgrade(db.engine)
    app.run(port=int(os.environ.get("PORT", 5000)))
