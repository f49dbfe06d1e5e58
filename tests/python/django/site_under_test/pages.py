"""Sites of a few views that a test writes itself."""

from django.urls import path


class Pages:
    """A URLconf with each view under its own name; *handlers* are `handler404` and its like."""

    def __init__(self, *views, **handlers):
        self.urlpatterns = [path(f"{view.__name__}/", view) for view in views]
        vars(self).update(handlers)
