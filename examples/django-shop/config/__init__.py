"""The site that hosts the shop: settings, routes, servers' entry points."""
