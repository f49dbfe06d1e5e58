"""Middleware of the site, each with one habit."""

from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import User
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.decorators import async_only_middleware, sync_only_middleware
from django.utils.functional import SimpleLazyObject

from site_under_test.views import ERRORS


@sync_only_middleware
def sync_only(get_response):
    def middleware(request):
        return get_response(request)

    return middleware


@async_only_middleware
def async_only(get_response):
    async def middleware(request):
        return await get_response(request)

    return middleware


@async_only_middleware
def async_fails_on_response(get_response):
    async def middleware(request):
        await get_response(request)
        raise ValueError("on response")

    return middleware


class FailsOnRequest:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        raise ValueError("on request")


class FailsOnResponse(FailsOnRequest):
    def __call__(self, request):
        self.get_response(request)
        raise ValueError("on response")


class FailsOnView(FailsOnRequest):
    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, arguments, options):
        raise ValueError("on view")


class AnswersWithJson(FailsOnView):
    status = 500

    def process_view(self, request, view, arguments, options):
        return None

    def process_exception(self, request, exception):
        return HttpResponse("{}", status=self.status, content_type="application/json")


class AnswersWithTeapot(AnswersWithJson):
    status = 418


class AnswersWithRedirect(AnswersWithJson):
    def process_exception(self, request, exception):
        return HttpResponseRedirect("/plain/")


class FailsWhileHandling(AnswersWithJson):
    def process_exception(self, request, exception):
        raise ERRORS["value"]("while handling")


class TokenUser(AnswersWithJson):
    """Knows users by a header; the session is asked for everybody else, as token packages do."""

    def __call__(self, request):
        request.user = SimpleLazyObject(lambda: self.user_of(request))
        return self.get_response(request)

    def user_of(self, request):
        token = request.headers.get("X-Token")
        return User(pk=int(token), email="token@example.com") if token else get_user(request)

    def process_exception(self, request, exception):
        return None


class Impersonation(AnswersWithJson):
    """Lets staff look at the site as somebody else does."""

    def __call__(self, request):
        name = request.headers.get("x-impersonate")
        if name is not None:
            request.user = User.objects.get(username=name)
        return self.get_response(request)

    def process_exception(self, request, exception):
        return None
