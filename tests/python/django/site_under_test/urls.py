"""Each view under its own name."""

from django.urls import path

from site_under_test import views

_PLAIN = (
    views.plain,
    views.aplain,
    views.capture,
    views.acapture,
    views.acapture_while_thread_waits,
    views.capture_thrice,
    views.read_user_then_capture,
    views.capture_then_read_user,
    views.aread_user_then_capture,
    views.replace_user_then_capture,
    views.login_then_capture,
    views.capture_then_login,
    views.capture_around_logout,
    views.acapture_around_login,
    views.acapture_around_logout,
    views.read_context_then_login,
    views.capture_in_transaction,
    views.capture_then_flush,
    views.capture_then_identify,
    views.capture_in_inner_context,
    views.capture_then_exit,
    views.tag_then_capture,
    views.capture_in_broken_transaction,
    views.show_context,
    views.ashow_context,
    views.ask_context_then_read_user,
    views.fail_after_own_report,
    views.fail_in_template,
    views.stream,
    views.astream,
    views.acapture_until_cancelled,
    views.astream_until_cancelled,
    views.stream_fails,
    views.astream_fails,
    views.download,
    views.meet_then_capture,
)

urlpatterns = [
    *(path(f"{view.__name__}/", view) for view in _PLAIN),
    path("fail/<kind>/", views.fail),
    path("afail/<kind>/", views.afail),
    # The paths that the documented examples filter.
    path("health", views.capture),
    path("admin/orders", views.capture),
    path("metrics", views.capture),
    path("shop", views.capture),
]
