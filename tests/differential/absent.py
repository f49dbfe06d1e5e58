"""What the official package offers and ours does not, on purpose, and what ours offers differently.

Each reason begins with why: ``T2`` is feature flags; ``T3`` is what is no part of request contexts, events and errors;
``private`` is what no program should use; ``ours`` is what is better so.

Names are those of modules and of what is in them; a star at the end stands for whatever begins so.
"""

from __future__ import annotations

ABSENT = {
    "posthog.types.BeforeSpanSendCallback": "T3: spans",
    "posthog.types.normalize_flags_response": "T2: reads what the server answers",
    "posthog.types.to_*": "T2: reads what the server answers",
    "posthog.request.AI_EVENTS_ENDPOINT": "T3: events of AI have no way of their own",
    "posthog.request.determine_app_host": "T3: e-mails",
    "posthog.request.flags": "T2: asks for flags",
    "posthog.request.remote_config": "T2: asks for flags",
    "posthog.request.get": "T2: asks for flags",
    "posthog.request.GetResponse": "T2: asks for flags",
    "posthog.request.post": "private: requests are the core's",
    "posthog.request.batch_post": "private: requests are the core's",
    "posthog.request.reset_sessions": "private: connections are the core's",
    "posthog.request.DatetimeSerializer": "private: events are written by the core",
    "posthog.request.HTTPAdapterWithSocketOptions": "private: connections are the core's",
    "posthog.request.KEEPALIVE_*": "private: connections are the core's",
    "posthog.request.attr": "private: a variable of a loop",
    "posthog.request.value": "private: a variable of a loop",
    "posthog.bucketed_rate_limiter.Number": "private: a type of parameters",
    "posthog.utils.CACHE_*": "T2: keeps flags",
    "posthog.utils.FlagCache*": "T2: keeps flags",
    "posthog.utils.RedisFlagCache": "T2: keeps flags",
    "posthog.utils.SizeLimitedDict": "T2: remembers which flags were told of",
    "posthog.utils.str_i*": "T2: compares with flags' conditions",
    "posthog.utils.is_valid_regex": "T2: compares with flags' conditions",
    "posthog.utils.convert_to_datetime_aware": "T2: compares with flags' conditions",
    "posthog.contexts.F": "private: a type of parameters",
    "posthog.client.AI_MAX_MSG_SIZE": "T3: events of AI have no way of their own",
    "posthog.client.MAX_MSG_SIZE": "private: sizes are the core's",
    "posthog.client.MAX_DICT_SIZE": "T2: remembers which flags were told of",
    "posthog.inner_*": "private: the module's own names for functions of posthog.contexts",
    "client.distinct_ids_feature_flags_reported": "T2: remembers which flags were told of",
}

#: The place, and what of it is different.
DIFFERENT = {
    "posthog.VERSION (value)": "ours: says who sends",
    "posthog.version.VERSION (value)": "ours: says who sends",
    "posthog.request.USER_AGENT (value)": "ours: says who sends",
    "posthog.OptionalCaptureArgs (fields)": "T2: private fields of events about flags",
    "posthog.args.OptionalCaptureArgs (fields)": "T2: private fields of events about flags",
    "posthog.client.Client.feature_flags (kind)": "T2: holds nothing yet",
    "posthog.FeatureFlagEvaluations (parameters)": "T2: made by the package alone",
    "posthog.AsyncClient (parameters)": "T3: says that it is not there",
    "posthog.AsyncPosthog (parameters)": "T3: says that it is not there",
    "client.queue (type)": "ours: the queue is the core's",
}

#: What is neither there nor absent on purpose. When a name is there, the test says so, and its entry goes.
TO_COME = {
    "posthog.exception_utils.*",
    "posthog.contexts.ContextScope.get_c*",
    "posthog.contexts.ContextScope.set_c*",
    "posthog.contexts.get_ca*",
    "posthog.contexts.get_code*",
    "posthog.contexts.set_ca*",
    "posthog.contexts.set_code*",
    "posthog.set_ca*",
    "posthog.set_code*",
    "posthog.utils.clean",
    "posthog.utils.get_os_info",
    "posthog.utils.guess_timezone",
    "posthog.utils.is_naive",
    "posthog.utils.remove_trailing_slash",
    "posthog.utils.system_context",
    "posthog.utils.total_seconds",
    "posthog.client.add_context_tags",
    "posthog.client.get_identity_state",
    "posthog.client.no_throw",
    "posthog.client.stringify_id",
    "posthog.request.KEEP_ALIVE_SOCKET_OPTIONS",
}

#: What is different and should not be.
TO_MEND = {
    "posthog.ExceptionArg (kind)",
    "posthog.ID_TYPES (kind)",
    "posthog.args.ExcInfo (kind)",
    "posthog.args.ExceptionArg (kind)",
    "posthog.args.ID_TYPES (kind)",
    "posthog.contexts._default_capture_exceptions (parameters)",
}
