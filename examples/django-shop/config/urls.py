"""Routes of the site: the shop, and Django's own login and logout."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path
from shop.views.account import SignInView

urlpatterns = [
    path("", include("shop.urls")),
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
]
