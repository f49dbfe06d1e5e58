//! Real servers of axum and hyper: a connection behaves as without the layer, and the layer knows what the server knows.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use hogback::{Context, FutureExt};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, service_fn};

use crate::support::{Site, exception};

/// Serves an application of axum on a free port.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Sends bytes to a server, and reads what it answers until it closes the connection.
async fn exchanged(address: SocketAddr, sent: &str) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // A connection that is reset has been closed too.
    let _ = connection.read_to_string(&mut answer).await;
    answer
}

const GET: &str = "GET / HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_server_of_hyper_answers_in_the_context() {
    let site = Site::new();
    let handler = site.clone();
    let service = site.layer().layer(service_fn(move |_: Request<Incoming>| {
        let site = handler.clone();
        async move {
            site.capture("seen");
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"hello"))))
        }
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        hyper_util::server::conn::auto::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
            .await
    });
    let answer = exchanged(address, GET).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("hello"),
        "{answer}"
    );
    assert!(answer.contains("content-length: 5\r\n"), "{answer}");
    let event = site.event();
    assert_eq!(event["properties"]["$current_url"], "http://shop.example/");
}

async fn breaks() -> &'static str {
    panic!("a bug")
}

#[tokio::test]
async fn a_handler_that_panics_is_reported_and_the_connection_ends_as_without_the_layer() {
    let site = Site::new();
    let bare = Router::new().route("/", get(breaks));
    let without = exchanged(serve(bare.clone()).await, GET).await;
    let address = serve(bare.layer(site.layer())).await;
    assert_eq!(exchanged(address, GET).await, without);
    assert_eq!(exchanged(address, GET).await, without, "the server goes on");
    let events = site.events();
    assert_eq!(events.len(), 2);
    assert_eq!(exception(&events[0]), ("Panic", "a bug"));
}

#[tokio::test]
async fn a_task_with_the_requests_context_that_panics_is_reported_once_by_who_asks_for_its_end() {
    let site = Site::new();
    let handler = site.clone();
    let ask = move || {
        let site = handler.clone();
        async move {
            let task = async { breaks().await }.with_context(Context::current().unwrap());
            let ended = tokio::spawn(task).await.unwrap_err();
            let boundary = hogback::exception::Boundary::default()
                .mechanism("task")
                .handled(true);
            site.client
                .capture_panic(&*ended.into_panic(), None, &boundary)
                .unwrap();
            "go on"
        }
    };
    let address = serve(Router::new().route("/", get(ask)).layer(site.layer())).await;
    assert!(exchanged(address, GET).await.ends_with("go on"));
    let event = site.event();
    assert_eq!(exception(&event), ("Panic", "a bug"));
    assert_eq!(event["properties"]["$request_path"], "/");
}

#[tokio::test]
async fn a_client_that_goes_away_is_no_error_and_its_events_arrive() {
    let site = Site::new();
    let (begun, has_begun) = tokio::sync::oneshot::channel::<()>();
    let (gone, is_gone) = tokio::sync::oneshot::channel::<()>();
    let ends = std::sync::Mutex::new(Some((begun, gone)));
    let handler = (site.clone(), std::sync::Arc::new(ends));
    let wait = move || {
        let (site, ends) = handler.clone();
        async move {
            let (begun, gone) = ends.lock().unwrap().take().unwrap();
            site.capture("seen");
            begun.send(()).unwrap();
            let _gone = gone;
            std::future::pending::<()>().await;
        }
    };
    let address = serve(Router::new().route("/", get(wait)).layer(site.layer())).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(GET.as_bytes()).await.unwrap();
    has_begun.await.unwrap();
    drop(connection);
    assert!(is_gone.await.is_err());
    // The handler is dropped before its context ends, on the server's thread, which is this one.
    tokio::task::yield_now().await;
    assert_eq!(site.event()["event"], "seen");
}

#[tokio::test]
async fn a_connection_that_is_upgraded_is_left_alone() {
    let site = Site::new();
    let handler = site.clone();
    let upgrade = move |ws: axum::extract::WebSocketUpgrade| {
        let site = handler.clone();
        async move {
            site.capture("socket asked for");
            let echo = |mut socket: axum::extract::ws::WebSocket| async move {
                while let Some(Ok(message)) = socket.recv().await {
                    assert!(Context::current().is_none());
                    if socket.send(message).await.is_err() {
                        return;
                    }
                }
            };
            ws.on_upgrade(echo)
        }
    };
    let address = serve(Router::new().route("/", get(upgrade)).layer(site.layer())).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    let handshake = "GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    connection.write_all(handshake.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101 "));
    // A text frame "hi" with a mask of zeros comes back without one.
    connection.write_all(b"\x81\x82\0\0\0\0hi").await.unwrap();
    let mut echo = [0; 4];
    connection.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"\x81\x02hi");
    assert_eq!(site.event()["properties"]["$response_status_code"], 101);
}

#[tokio::test]
async fn with_axums_feature_the_route_the_whole_url_and_the_peer_are_known() {
    let site = Site::new();
    let handler = site.clone();
    let book = move || async move { handler.capture("book seen") };
    let shop = Router::new()
        .route("/books/{id}", get(book))
        .layer(site.layer().ip_from_peer(true));
    let address = serve(Router::new().nest("/shop", shop)).await;
    let asked = GET.replace("GET /", "GET /shop/books/7?page=2");
    exchanged(address, &asked).await;
    let properties = site.event()["properties"].clone();
    assert_eq!(properties["$request_route"], "/shop/books/{id}");
    assert_eq!(properties["$request_path"], "/shop/books/7");
    assert_eq!(
        properties["$current_url"],
        "http://shop.example/shop/books/7?page=2"
    );
    assert_eq!(properties["$ip"], "127.0.0.1");
}

/// A client of hyper's for servers that speak HTTP/2 without TLS.
pub(crate) fn http2_client() -> hyper_util::client::legacy::Client<
    hyper_util::client::legacy::connect::HttpConnector,
    Empty<Bytes>,
> {
    hyper_util::client::legacy::Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http()
}

#[tokio::test]
async fn over_http_2_the_url_is_known_without_a_host_header() {
    let site = Site::new();
    let handler = site.clone();
    let see = move || async move { handler.capture("seen") };
    let address = serve(Router::new().route("/", get(see)).layer(site.layer())).await;
    let uri = format!("http://{address}/").parse().unwrap();
    let response = http2_client().get(uri).await.unwrap();
    drain(response.into_body()).await;
    let event = site.event();
    assert_eq!(
        event["properties"]["$current_url"],
        format!("http://{address}/")
    );
}

async fn drain(body: Incoming) -> Bytes {
    body.collect().await.unwrap().to_bytes()
}
