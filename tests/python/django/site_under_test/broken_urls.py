"""A URLconf that cannot be imported."""

raise RuntimeError("no such view")
