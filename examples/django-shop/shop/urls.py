"""Routes of the shop."""

from django.urls import path

from shop.views import cart, catalogue, checkout, orders, reports

urlpatterns = [
    path("", catalogue.index, name="catalogue"),
    path("products/<slug:slug>/", catalogue.product, name="product"),
    path("products/<slug:slug>/stock/", catalogue.stock, name="stock"),
    path("products/<slug:slug>/delivery/", catalogue.delivery, name="delivery"),
    path("cart/", cart.show, name="cart"),
    path("cart/add/<slug:slug>/", cart.add, name="cart-add"),
    path("cart/remove/<slug:slug>/", cart.remove, name="cart-remove"),
    path("checkout/", checkout.buy, name="checkout"),
    path("orders/", orders.index, name="orders"),
    path("orders/export.csv", orders.export, name="orders-export"),
    path("reports/", reports.index, name="reports"),
    path("reports/sales/", reports.sales, name="reports-sales"),
    path("reports/forecast/", reports.forecast, name="reports-forecast"),
    path("health", catalogue.health, name="health"),
]
