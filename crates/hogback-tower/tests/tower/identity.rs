//! Who an event is about, though it may be known late.

use axum::body::Body;
use hogback::{Context, Kind};
use http::{Request, Response};
use serde_json::Value;
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{Site, answered, get, get_as, poll_once};

fn ids(events: &[Value]) -> Vec<(&str, &str)> {
    events
        .iter()
        .map(|event| {
            (
                event["event"].as_str().unwrap(),
                event["distinct_id"].as_str().unwrap(),
            )
        })
        .collect()
}

/// Captures before and after the handler learns who sent the request.
async fn login(site: Site) -> Result<Response<Body>, std::io::Error> {
    site.capture("form seen");
    tokio::task::yield_now().await;
    hogback_tower::identify("user-7");
    site.capture("logged in");
    Ok(Response::new(Body::empty()))
}

#[tokio::test]
async fn who_is_named_late_is_on_the_earlier_events_of_the_request_too() {
    let site = Site::new();
    let handler = site.clone();
    let service = site
        .layer()
        .layer(service_fn(move |_| login(handler.clone())));
    answered(service, get("/login")).await;
    assert_eq!(
        ids(&site.events()),
        [("form seen", "user-7"), ("logged in", "user-7")]
    );
}

#[tokio::test]
async fn whom_the_program_names_wins_over_the_header_from_then_on() {
    let site = Site::new();
    let handler = site.clone();
    let service = site
        .layer()
        .layer(service_fn(move |_| login(handler.clone())));
    answered(service, get_as("browser-1")).await;
    assert_eq!(
        ids(&site.events()),
        [("form seen", "browser-1"), ("logged in", "user-7")]
    );
}

#[tokio::test]
async fn who_is_named_in_a_context_inside_of_the_request_has_sent_the_request() {
    let site = Site::new();
    let handler = site.clone();
    let service = site.layer().layer(service_fn(move |_: Request<Body>| {
        let site = handler.clone();
        async move {
            let inner = Context::current().unwrap().child();
            inner.scope(|| {
                hogback_tower::identify("user-7");
                site.capture("inside");
            });
            site.capture("outside");
            Ok::<_, std::io::Error>(Response::new(Body::empty()))
        }
    }));
    answered(service, get_as("browser-1")).await;
    assert_eq!(
        ids(&site.events()),
        [("inside", "user-7"), ("outside", "user-7")]
    );
}

#[tokio::test]
async fn an_event_whose_sender_is_in_the_header_does_not_wait_for_the_response() {
    let site = Site::new();
    let handler = site.clone();
    let service = site.layer().layer(service_fn(move |_: Request<Body>| {
        let site = handler.clone();
        async move {
            site.capture("seen");
            assert_eq!(site.event()["distinct_id"], "browser-1");
            Ok::<_, std::io::Error>(Response::new(Body::empty()))
        }
    }));
    answered(service, get_as("browser-1")).await;
}

#[tokio::test]
async fn events_of_nobody_share_one_id_in_a_request_and_make_no_person() {
    let site = Site::new();
    for _ in 0..2 {
        let handler = site.clone();
        let service = site.layer().layer(service_fn(move |_: Request<Body>| {
            let site = handler.clone();
            async move {
                site.capture("first");
                site.capture("second");
                assert!(site.events().len().is_multiple_of(2));
                Ok::<_, std::io::Error>(Response::new(Body::empty()))
            }
        }));
        answered(service, get("/")).await;
    }
    let events = site.events();
    let ids = ids(&events);
    assert_eq!(ids[0].1, ids[1].1);
    assert_eq!(ids[2].1, ids[3].1);
    assert_ne!(ids[0].1, ids[2].1);
    for event in &events {
        assert_eq!(event["properties"]["$process_person_profile"], false);
        assert_eq!(event["properties"]["$response_status_code"], 200);
    }
}

#[tokio::test]
async fn an_event_with_an_id_of_its_own_goes_at_once_and_the_others_wait_on() {
    let site = Site::new();
    let handler = site.clone();
    let service = site.layer().layer(service_fn(move |_: Request<Body>| {
        let site = handler.clone();
        async move {
            site.capture("waits");
            let mut draft = site.client.draft(Kind::Event("goes".into()));
            draft.distinct_id = Some("somebody".into());
            site.client.capture(draft).unwrap();
            assert_eq!(ids(&site.events()), [("goes", "somebody")]);
            hogback_tower::identify("user-7");
            Ok::<_, std::io::Error>(Response::new(Body::empty()))
        }
    }));
    answered(service, get("/")).await;
    let events = site.events();
    assert_eq!(ids(&events), [("goes", "somebody"), ("waits", "user-7")]);
    assert_eq!(events[1]["properties"]["$request_path"], "/");
}

#[tokio::test]
async fn events_wait_no_longer_than_for_the_head_of_the_response() {
    let site = Site::new();
    let response = site.capturing(&site.layer()).oneshot(get("/")).await;
    assert_eq!(site.event()["properties"]["$response_status_code"], 200);
    drop(response);
}

#[tokio::test]
async fn a_request_that_is_dropped_in_the_middle_loses_no_event_that_waits_and_is_no_error() {
    let site = Site::new();
    let handler = site.clone();
    let service = site.layer().layer(service_fn(move |_: Request<Body>| {
        let site = handler.clone();
        async move {
            Context::current().unwrap().set_session_id("visit-3");
            site.capture("seen");
            std::future::pending::<Result<Response<Body>, std::io::Error>>().await
        }
    }));
    let mut request = Box::pin(service.oneshot(get("/cart")));
    assert!(poll_once(&mut request).is_pending());
    assert!(site.events().is_empty());
    drop(request);
    let event = site.event();
    assert_eq!(event["properties"]["$session_id"], "visit-3");
    assert_eq!(event["properties"]["$request_path"], "/cart");
}

#[tokio::test]
async fn a_request_with_two_layers_has_one_visitor_whether_they_are_named_or_not() {
    for names in [true, false] {
        let site = Site::new();
        let (between, handler) = (site.clone(), site.clone());
        let service = ServiceBuilder::new()
            .layer(site.layer())
            .map_request(move |request: Request<Body>| {
                between.capture("between");
                request
            })
            .layer(site.layer())
            .service(service_fn(move |_| {
                let site = handler.clone();
                async move {
                    site.capture("inside");
                    if names {
                        hogback_tower::identify("user-7");
                    }
                    Ok::<_, std::io::Error>(Response::new(Body::empty()))
                }
            }));
        answered(service, get("/login")).await;
        let events = site.events();
        assert_eq!(events.len(), 2);
        assert_eq!(events[0]["distinct_id"], events[1]["distinct_id"]);
        assert_eq!(events[0]["distinct_id"] == "user-7", names);
    }
}
