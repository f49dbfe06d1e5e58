"""What a site names in its settings: the documented examples, and some that fail."""


def add_user_tags(request):
    if request.user.is_authenticated:
        return {"user_id": request.user.id, "email": request.user.email}
    return {}


def add_plan(request):
    return {"plan": request.headers.get("X-Plan", "free")}


def add_request_context(request):
    tags = {"user_type": "authenticated" if request.user.is_authenticated else "anonymous"}
    tags["agent"] = request.META.get("HTTP_USER_AGENT", "")
    return tags


def not_health(request):
    return not request.path.startswith("/health")


def without_agent(tags):
    tags.pop("$user_agent", None)
    return {**tags, "site": "shop"}


def broken(_argument):
    raise KeyError("in the callback")


def forgetful(_argument):
    return None
