"""A URL with a name, in a namespace."""

from django.urls import include, path

from site_under_test import views

urlpatterns = [path("shop/", include(([path("cart/<int:number>/", views.plain, name="cart")], "shop")))]
