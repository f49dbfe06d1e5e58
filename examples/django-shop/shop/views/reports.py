"""Reports that fail, in a plain and in an async view: something for the exception pages to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import posthog
from django.shortcuts import render
from django.views.decorators.http import require_GET

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class ReportError(Exception):
    """The report could not be made."""


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show the list of reports."""
    return render(request, "shop/reports.html")


@require_GET
def sales(request: HttpRequest) -> HttpResponse:
    """Show the average sale of last month, in which the shop was closed."""
    posthog.capture("report_opened", properties={"report": "sales"})
    average = _average(sales_cents=[])
    return render(request, "shop/reports.html", {"average": average})


@require_GET
async def forecast(request: HttpRequest) -> HttpResponse:
    """Show next month's average sale, which fails as the last one's does, in an async view."""
    posthog.capture("report_opened", properties={"report": "forecast"})
    average = await _forecast()
    return render(request, "shop/reports.html", {"average": average})


async def _forecast() -> int:
    return _average(sales_cents=[])


def _average(sales_cents: list[int]) -> int:
    try:
        return sum(sales_cents) // len(sales_cents)
    except ZeroDivisionError as error:
        message = "the sales report has no sales to average"
        raise ReportError(message) from error
