"""The shop with the middleware and none of its settings: the documented basic set-up."""

# ruff: noqa: F403
from config import settings
from config.settings import *

for _name in [name for name in vars(settings) if name.startswith("POSTHOG_MW_")]:
    del globals()[_name]
