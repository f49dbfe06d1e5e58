"""Each view under its own name."""

from django.urls import path

from observed_site import rest, views

_PLAIN = (
    views.capture,
    views.acapture,
    views.capture_twice,
    views.capture_with_properties,
    views.capture_with_own_id,
    views.capture_with_groups,
    views.capture_about_persons,
    views.capture_values,
    views.capture_with_odd_tags,
    views.capture_in_contexts,
    views.identify_then_capture,
    views.tag_then_capture,
    views.read_context_then_capture,
    views.read_user_then_capture,
    views.replace_user_then_capture,
    views.login_between,
    views.logout_between,
    views.fail_with_cause,
    views.fail_after_own_report,
    views.report_and_go_on,
    views.fail_in_template,
    views.stream,
    views.astream,
    views.stream_fails,
)

urlpatterns = [
    *(path(f"{view.__name__}/", view) for view in _PLAIN),
    path("health/", views.capture),
    path("straße/", views.capture),
    path("fail/<kind>/", views.fail),
    path("afail/<kind>/", views.afail),
    path("rest/capture/", rest.Capturing.as_view()),
    path("rest/<kind>/", rest.Failing.as_view()),
]
