"""Paying an order: a stand-in for a payment provider, with one product that it never manages to charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shop.cart import Line, total_cents

if TYPE_CHECKING:
    from collections.abc import Sequence


class PaymentError(Exception):
    """The order was not paid."""


class GatewayTimeoutError(Exception):
    """The payment provider did not answer."""


def charge(lines: Sequence[Line]) -> str:
    """Charge the customer for *lines* and return the provider's reference."""
    amount = total_cents(list(lines))
    try:
        return _ask_gateway(amount, lines)
    except GatewayTimeoutError as error:
        message = f"could not charge {amount} cents"
        raise PaymentError(message) from error


def _ask_gateway(amount: int, lines: Sequence[Line]) -> str:
    for line in lines:
        if not line.product.payable:
            message = f"no answer from the voucher service for {line.product.slug}"
            raise GatewayTimeoutError(message)
    return f"pay-{amount}-{len(lines)}"
