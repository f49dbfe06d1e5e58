"""E-mails: none can be sent in this version, and the program is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["AsyncEmails", "EmailError", "Emails"]


class EmailError(Exception):
    """An e-mail could not be sent.

    Attributes:
        name: What kind of error it is.
        code: The same, more exactly.
        message: What happened.
        status_code: HTTP status, if a server answered.
        why: The reason.
        fix: What to do.
        docs_url: Where more is said.
        field: The argument that is wrong.
        retry_after: Seconds to wait before the next try.

    """

    def __init__(
        self,
        *,
        name: str,
        code: str,
        message: str,
        status_code: int | None = None,
        why: str | None = None,
        fix: str | None = None,
        docs_url: str | None = None,
        field: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.name = name
        self.code = code
        self.message = message
        self.status_code = status_code
        self.why = why
        self.fix = fix
        self.docs_url = docs_url
        self.field = field
        self.retry_after = retry_after


class Emails:
    """The e-mails of a client. Answering as if one were sent would be a lie, so every call raises."""

    def send(self, **kwargs: Any) -> NoReturn:
        """Send nothing.

        Raises:
            EmailError: Always.

        """
        raise _unsupported()

    def get(self, message_id: str | UUID) -> NoReturn:
        """Find nothing.

        Raises:
            EmailError: Always.

        """
        raise _unsupported()

    def close(self) -> None:
        """Do nothing."""


class AsyncEmails:
    """The same for an event loop."""

    async def send(self, **kwargs: Any) -> NoReturn:
        """Send nothing.

        Raises:
            EmailError: Always.

        """
        raise _unsupported()

    async def get(self, message_id: str | UUID) -> NoReturn:
        """Find nothing.

        Raises:
            EmailError: Always.

        """
        raise _unsupported()

    async def aclose(self) -> None:
        """Do nothing."""


def _unsupported() -> EmailError:
    return EmailError(
        name="unsupported",
        code="emails_not_supported",
        message="this version of hogback sends no e-mails",
        fix="send it with the official package, or by other means",
    )
