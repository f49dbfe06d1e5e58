"""What the tests change while the site runs."""

EDITION = "first"
