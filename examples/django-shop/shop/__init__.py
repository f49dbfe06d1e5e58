"""A small shop: catalogue, cart, checkout, orders, and a report that fails."""
