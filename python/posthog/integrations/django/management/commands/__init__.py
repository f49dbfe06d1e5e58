"""The commands `posthog_check` and `posthog_capture`."""
