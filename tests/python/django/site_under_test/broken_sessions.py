"""A session engine whose storage is gone."""

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def load(self):
        raise OSError("no storage")
