"""What of a logged-in user goes into events: an id and an e-mail address."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from posthog._native import usable_id
from posthog.integrations.django.callbacks import FAILED, guarded
from posthog.integrations.django.paths import callback_at, is_path

USER_ID: Final = "POSTHOG_MW_USER_ID"


class UserFields(NamedTuple):
    """Where the id is found, an attribute or a function of the user, and whether the address is sent."""

    id: str | Callable[..., Any] = "pk"
    send_email: bool = True

    def of(self, user: Any) -> tuple[str | None, str | None]:
        """Return id and e-mail address of *user*; nothing of one who has not logged in."""
        if user is None:
            return None, None
        authenticated = getattr(user, "is_authenticated", False)
        if callable(authenticated):
            authenticated = authenticated()
        if not authenticated:
            return None, None
        return self._id_of(user), self._email_of(user)

    def _id_of(self, user: Any) -> str | None:
        # A user whose id cannot be read stays without one: another of their ids would be another person to PostHog.
        value = guarded(USER_ID, self.id, user) if callable(self.id) else guarded(USER_ID, getattr, user, self.id)
        if value is None or value is FAILED:
            return None
        text = guarded(USER_ID, _text, value)
        return None if text is FAILED else usable_id(text)

    def _email_of(self, user: Any) -> str | None:
        value = guarded("the e-mail address of the user", _email, user) if self.send_email else None
        return str(value) if value and value is not FAILED else None


def user_fields_of(user_id: object, send_email: object) -> UserFields:
    """Return what the values of the two settings mean; one of a wrong type counts as the default."""
    if isinstance(user_id, str) and is_path(user_id):
        user_id = callback_at(user_id)
    named = user_id if callable(user_id) or (isinstance(user_id, str) and user_id.isidentifier()) else "pk"
    return UserFields(named, send_email if isinstance(send_email, bool) else True)


def _text(value: object) -> str:
    """Return the id *value* as text: the parts of a composite key with colons between them."""
    return ":".join(str(part) for part in value) if isinstance(value, tuple | list) else str(value)


def _email(user: Any) -> Any:
    name_of_field = getattr(user, "get_email_field_name", None)
    name = name_of_field() if callable(name_of_field) else None
    return getattr(user, name if isinstance(name, str) else "email", None)
