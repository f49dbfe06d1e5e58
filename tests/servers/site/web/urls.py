"""Each view under its own name."""

from django.urls import path

from web import views

urlpatterns = [
    path("ready", views.ready),
    path("edition", views.edition),
    path("capture", views.capture),
    path("acapture", views.acapture),
    path("hang", views.hang),
    path("fail", views.fail),
    path("afail", views.afail),
    path("stream", views.stream),
    path("astream", views.astream),
    path("sign-in", views.sign_in),
    path("sign-up", views.sign_up),
    path("meet", views.meet),
    path("ameet", views.ameet),
    # The paths that the documented examples filter.
    path("health/live", views.capture),
    path("metrics", views.capture),
    path("admin/orders", views.capture),
]
