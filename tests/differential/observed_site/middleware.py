"""Middleware of the site, each with one habit."""

from django.http import HttpResponse, HttpResponseRedirect


class FailsOnRequest:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        raise ValueError("on request")


class FailsOnResponse(FailsOnRequest):
    def __call__(self, request):
        self.get_response(request)
        raise ValueError("on response")


class AnswersWithJson(FailsOnRequest):
    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        return HttpResponse("{}", status=500, content_type="application/json")


class AnswersWithRedirect(AnswersWithJson):
    def process_exception(self, request, exception):
        return HttpResponseRedirect("/")
