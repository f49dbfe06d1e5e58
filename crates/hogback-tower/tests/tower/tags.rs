//! What events carry of their request, and the program's say in it.

use std::convert::Infallible;
use std::future::ready;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use hogback::web::QueryPolicy;
use hogback::{Client, Config, Context};
use http::{Request, Response};
use serde_json::json;
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{Site, answered, get, poll_once};

fn rich() -> Request<Body> {
    Request::post("/reset?step=2&token=s3cret")
        .header("Host", "shop.example")
        .header("User-Agent", "curl/8")
        .header("X-Forwarded-For", "unknown, 203.0.113.7, 10.0.0.1")
        .header("X-Forwarded-Proto", "https")
        .header("X-POSTHOG-SESSION-ID", " visit\t3 ")
        .header("X-POSTHOG-WINDOW-ID", "window-1")
        .header("X-POSTHOG-DISTINCT-ID", "undefined")
        .header("X-POSTHOG-DISTINCT-ID", "user-7")
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn an_event_carries_who_which_visit_and_the_requests_tags() {
    let site = Site::new();
    let tags = site.tags_of(&site.layer(), rich()).await;
    let expected = json!({
        "$current_url": "http://shop.example/reset?step=2&token=[redacted]",
        "$request_method": "POST",
        "$request_path": "/reset",
        "$ip": "203.0.113.7",
        "$user_agent": "curl/8",
        "$raw_user_agent": "curl/8",
        "$window_id": "window-1",
        "$session_id": "visit3",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&tags[name], value, "{name}");
    }
    assert_eq!(site.event()["distinct_id"], "user-7");
    assert_eq!(tags.get("$process_person_profile"), None);
}

#[tokio::test]
async fn behind_proxies_that_are_known_their_words_count() {
    let site = Site::new();
    let tags = site.tags_of(&site.layer().trusted_proxies(1), rich()).await;
    assert_eq!(tags["$ip"], "10.0.0.1");
    assert!(
        tags["$current_url"]
            .as_str()
            .unwrap()
            .starts_with("https://shop.example/")
    );
}

#[tokio::test]
async fn without_trust_in_the_tracing_headers_they_name_nobody() {
    let site = Site::new();
    let tags = site
        .tags_of(&site.layer().tracing_headers(false), rich())
        .await;
    assert_eq!(tags.get("$session_id"), None);
    assert_eq!(tags.get("$window_id"), None);
    assert_eq!(tags["$process_person_profile"], false);
}

#[tokio::test]
async fn the_query_string_can_stay_on_the_site() {
    let site = Site::new();
    let layer = site.layer().query_string(QueryPolicy::Drop);
    let tags = site.tags_of(&layer, rich()).await;
    assert_eq!(tags["$current_url"], "http://shop.example/reset");
}

#[tokio::test]
async fn the_connections_address_is_taken_where_it_is_asked_for_and_no_header_has_one() {
    let peer: SocketAddr = "198.51.100.9:4711".parse().unwrap();
    for (layer_of, expected) in [
        ((|site: &Site| site.layer()) as fn(&Site) -> _, None),
        (|site| site.layer().ip_from_peer(true), Some("198.51.100.9")),
        (
            |site| {
                site.layer()
                    .peer_address(|_| Some(IpAddr::from([192, 0, 2, 1])))
            },
            Some("192.0.2.1"),
        ),
        (|site| site.layer().peer_address(|_| panic!("a bug")), None),
    ] {
        let site = Site::new();
        let mut request = get("/");
        request.extensions_mut().insert(peer);
        let tags = site.tags_of(&layer_of(&site), request).await;
        assert_eq!(tags["$ip"].as_str(), expected);
    }
}

#[tokio::test]
async fn extra_tags_come_on_top_and_the_map_has_the_last_word() {
    let site = Site::new();
    let layer = site
        .layer()
        .extra_tags(|request| {
            let tenant = request.headers["x-tenant"].to_str().unwrap().to_owned();
            [("tenant", tenant), ("$request_path", "/hidden".into())]
        })
        .map_tags(|mut tags| {
            tags.remove("$current_url");
            if let Some(method) = tags.remove("$request_method") {
                tags.insert("http_method".into(), method);
            }
            tags
        });
    let mut request = get("/cart");
    request
        .headers_mut()
        .insert("x-tenant", "acme".parse().unwrap());
    let tags = site.tags_of(&layer, request).await;
    assert_eq!(tags["tenant"], "acme");
    assert_eq!(tags["$request_path"], "/hidden");
    assert_eq!(tags["http_method"], "GET");
    assert_eq!(tags.get("$current_url"), None);
    assert_eq!(tags.get("$request_method"), None);
}

#[tokio::test]
async fn functions_that_panic_cost_what_they_would_have_said_and_nothing_else() {
    let site = Site::new();
    let layer = site.layer().filter(|_| panic!("a bug"));
    let tags = site.tags_of(&layer, get("/cart")).await;
    assert_eq!(tags["$request_path"], "/cart");

    let site = Site::new();
    let layer = site
        .layer()
        .extra_tags(|_| -> [(&str, &str); 0] { panic!("a bug") });
    let tags = site.tags_of(&layer, get("/cart")).await;
    assert_eq!(tags["$request_path"], "/cart");

    let site = Site::new();
    let layer = site.layer().map_tags(|_| panic!("a bug"));
    let tags = site.tags_of(&layer, get("/cart")).await;
    assert_eq!(tags["$context_tags"], json!([]));
}

#[tokio::test]
async fn an_on_note_that_makes_a_request_of_its_own_holds_up_none() {
    let site = Site::new();
    let (heard, request) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(OnceLock::<Box<dyn Fn() + Send + Sync>>::new()),
    );
    let (count, makes) = (heard.clone(), request.clone());
    let config = Config::new("phc_key").transport(site.server.factory());
    let client = Client::new(config.on_note(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        makes.get().unwrap()();
    }));
    let site = Site { client, ..site };
    let layer = site.layer().filter(|_| panic!("a bug"));
    let service = site.capturing(&layer);
    let ask = Box::new(move || {
        let silent = |_| ready(Ok::<_, Infallible>(Response::new(Body::empty())));
        let request = layer.layer(service_fn(silent)).oneshot(get("/health"));
        assert!(poll_once(&mut Box::pin(request)).is_ready());
    });
    assert!(request.set(ask).is_ok());
    answered(service, get("/cart")).await;
    assert_eq!((site.events().len(), heard.load(Ordering::Relaxed)), (1, 1));
}

#[tokio::test]
async fn a_request_that_captures_nothing_runs_none_of_the_programs_functions_and_others_run_them_once()
 {
    let asked = Arc::new(AtomicUsize::new(0));
    let site = Site::new();
    let (extra, map) = (asked.clone(), asked.clone());
    let layer = site
        .layer()
        .extra_tags(move |_| {
            extra.fetch_add(1, Ordering::Relaxed);
            None::<(&str, &str)>
        })
        .map_tags(move |tags| {
            map.fetch_add(1, Ordering::Relaxed);
            tags
        });
    let silent = |_: Request<Body>| async { Ok::<_, std::io::Error>(Response::new(Body::empty())) };
    answered(layer.layer(service_fn(silent)), get("/")).await;
    assert_eq!(asked.load(Ordering::Relaxed), 0);

    let busy = |_: Request<Body>| {
        let site = site.clone();
        async move {
            for _ in 0..3 {
                site.capture("seen");
                assert_eq!(Context::current().unwrap().distinct_id(), None);
            }
            Ok::<_, std::io::Error>(Response::new(Body::empty()))
        }
    };
    answered(layer.layer(service_fn(busy)), get("/")).await;
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert_eq!(site.events().len(), 3);
}

#[tokio::test]
async fn a_request_that_is_filtered_away_has_no_context_and_its_failures_are_not_reported() {
    let site = Site::new();
    let layer = site
        .layer()
        .filter(|request| request.uri.path() != "/health");
    let health = |_: Request<Body>| async {
        assert!(Context::current().is_none());
        Err::<Response<Body>, _>(std::io::Error::other("down"))
    };
    let service = layer.layer(service_fn(health));
    let failed = service.oneshot(get("/health")).await;
    assert_eq!(failed.unwrap_err().to_string(), "down");
    assert!(site.events().is_empty());

    let tags = site.tags_of(&layer, get("/health")).await;
    assert_eq!(tags.get("$request_path"), None);
    assert_eq!(tags.get("$context_tags"), None);
}

#[tokio::test]
async fn the_copy_of_a_requests_head_goes_with_the_request_though_a_task_keeps_the_context() {
    for captures in [true, false] {
        let site = Site::new();
        let handler = site.clone();
        let layer = site.layer().extra_tags(|request| {
            let held = request.extensions.get::<Arc<&str>>();
            held.map(|held| ("held", **held))
        });
        let kept = Arc::new(OnceLock::new());
        let keeps = kept.clone();
        let service = layer.layer(service_fn(move |_: Request<Body>| {
            assert!(keeps.set(Context::current().unwrap()).is_ok());
            if captures {
                handler.capture("seen");
            }
            ready(Ok::<_, Infallible>(Response::new(Body::empty())))
        }));
        let held = Arc::new("by the request");
        let mut request = get("/");
        request.extensions_mut().insert(held.clone());
        answered(service, request).await;
        assert_eq!(Arc::strong_count(&held), 1);
        let context: &Context = kept.get().unwrap();
        context.scope(|| site.capture("late"));
        for event in site.events() {
            let tag = event["properties"]["held"].as_str();
            assert_eq!(tag, captures.then_some("by the request"));
        }
    }
}
