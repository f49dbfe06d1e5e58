"""When an event happened, said in every way."""

import datetime as dt

from .case import add_scenario, environment, scenario

UTC = dt.timezone.utc
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))
WEST = dt.timezone(-dt.timedelta(hours=8))

TIMES = {
    "none": None,
    "utc": dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
    "utc, with microseconds": dt.datetime(2020, 1, 2, 3, 4, 5, 123456, tzinfo=UTC),
    "utc, with milliseconds": dt.datetime(2020, 1, 2, 3, 4, 5, 120000, tzinfo=UTC),
    "east": dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=EAST),
    "west, into the next day": dt.datetime(2020, 1, 2, 20, 4, 5, tzinfo=WEST),
    "in the future": dt.datetime(2041, 1, 2, 3, 4, 5, tzinfo=UTC),
    "the first year": dt.datetime(1, 1, 1, tzinfo=UTC),
    "before the first year": dt.datetime(1, 1, 1, tzinfo=EAST),
    "the last year": dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    "without a zone": dt.datetime(2020, 1, 2, 3, 4, 5),  # noqa: DTZ001 - that is what is observed
    "text, Z": "2020-01-02T03:04:05Z",
    "text, small z": "2020-01-02t03:04:05z",
    "text, offset": "2020-01-02T03:04:05+05:30",
    "text, short offset": "2020-01-02T03:04:05+0530",
    "text, offset of hours": "2020-01-02T03:04:05+05",
    "text, offset to the west": "2020-01-02T20:04:05-08:00",
    "text, blank between": "2020-01-02 03:04:05",
    "text, without seconds": "2020-01-02T03:04Z",
    "text, without minutes": "2020-01-02T03Z",
    "text, without a zone": "2020-01-02T03:04:05",
    "text, milliseconds": "2020-01-02T03:04:05.123Z",
    "text, tenths": "2020-01-02T03:04:05.1Z",
    "text, microseconds": "2020-01-02T03:04:05.123456Z",
    "text, nanoseconds": "2020-01-02T03:04:05.123456789Z",
    "text, comma": "2020-01-02T03:04:05,123Z",
    "text, compact": "20200102T030405Z",
    "text, week": "2020-W01-4T03:04:05Z",
    "text, blanks around": " 2020-01-02T03:04:05Z ",
    "text, date": "2020-01-02",
    "text, compact date": "20200102",
    "text, number": "1577934245",
    "text, leap second": "2016-12-31T23:59:60Z",
    "text, month 13": "2020-13-02T03:04:05Z",
    "text, of a mail": "Thu, 02 Jan 2020 03:04:05 GMT",
    "text, empty": "",
    "text, nonsense": "yesterday",
    "date": dt.date(2020, 1, 2),
    "int": 1577934245,
    "float": 1577934245.5,
    "zero": 0,
    "true": True,
    "list": ["2020-01-02T03:04:05Z"],
}


def _capture(time):
    def act(case):
        return case.client().capture("seen", distinct_id="user", timestamp=time) is not None

    return act


for _name, _time in TIMES.items():
    add_scenario(f"timestamps: {_name}", _capture(_time))


@scenario()
def a_number_in_debug(case):
    return case.client(debug=True).capture("seen", distinct_id="user", timestamp=5)


@scenario()
def nonsense_in_debug(case):
    return case.client(debug=True).capture("seen", distinct_id="user", timestamp="yesterday") is not None


@scenario()
def a_local_time_of_two_seconds_ago(case):
    with environment(TZ="Asia/Kolkata"):
        ago = dt.datetime.now() - dt.timedelta(seconds=2)  # noqa: DTZ005 - that is what is observed
        case.client().capture("seen", distinct_id="user", timestamp=ago)


@scenario()
def a_local_time_of_two_seconds_ago_as_text(case):
    with environment(TZ="Asia/Kolkata"):
        ago = dt.datetime.now() - dt.timedelta(seconds=2)  # noqa: DTZ005 - that is what is observed
        case.client().capture("seen", distinct_id="user", timestamp=ago.isoformat())


@scenario()
def a_local_time_of_an_hour_ago_is_taken_for_utc(case):
    with environment(TZ="Asia/Kolkata"):
        case.client().capture("seen", distinct_id="user", timestamp=dt.datetime(2020, 1, 2, 3, 4, 5))  # noqa: DTZ001 - that is what is observed


@scenario()
def of_every_kind_of_event(case):
    client, time = case.client(), dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=EAST)
    client.set(distinct_id="user", properties={"plan": "pro"}, timestamp=time)
    client.set_once(distinct_id="user", properties={"plan": "pro"}, timestamp=time)
    client.group_identify("company", "acme", {}, time)
    client.alias("before", "after", time)
    client.capture_exception(ValueError("never raised"), distinct_id="user", timestamp=time)


@scenario()
def bad_ones_of_every_kind_of_event(case):
    client = case.client()
    return [
        client.set(distinct_id="user", properties={"plan": "pro"}, timestamp=5),
        client.set_once(distinct_id="user", properties={"plan": "pro"}, timestamp=5),
        client.group_identify("company", "acme", {}, 5),
        client.alias("before", "after", 5),
        client.capture_exception(ValueError("never raised"), distinct_id="user", timestamp=5),
    ]
