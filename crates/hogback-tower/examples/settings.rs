//! Each of the layer's settings by itself, and all of them together around one service of axum.
//!
//! ```sh
//! cargo run -p hogback-tower --example settings complete
//! curl -H 'X-POSTHOG-SESSION-ID: visit-3' http://127.0.0.1:8080/order
//! ```
//!
//! Its events go to an inspector on this machine.

use std::io;

use axum::Router;
use axum::routing::get;
use hogback::{Client, Config, Kind};
use hogback_tower::{ContextLayer, TagMap};
use http::request::Parts;
use serde_json::Value;

/// Who is logged in, as a layer outside of ours has found out.
#[derive(Clone)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) email: String,
}

/// Session, distinct id, URL and method, on all events of all requests.
pub(crate) fn basic(client: Client) -> ContextLayer {
    ContextLayer::new(client)
}

/// Errors and panics are not reported.
pub(crate) fn without_errors(client: Client) -> ContextLayer {
    ContextLayer::new(client).capture_errors(false)
}

/// Tags of the program's own.
pub(crate) fn with_user_tags(client: Client) -> ContextLayer {
    ContextLayer::new(client).extra_tags(|request| {
        let user = request.extensions.get::<User>();
        user.map_or_else(Vec::new, |user| {
            vec![
                ("user_id", Value::from(user.id)),
                ("email", user.email.as_str().into()),
            ]
        })
    })
}

/// Health checks and the admin's pages are not tracked.
pub(crate) fn filtered(client: Client) -> ContextLayer {
    ContextLayer::new(client).filter(|request| {
        let path = request.uri.path();
        !path.starts_with("/health") && !path.starts_with("/admin")
    })
}

/// The URL stays on the site, and the method is called otherwise.
pub(crate) fn customized(client: Client) -> ContextLayer {
    ContextLayer::new(client).map_tags(|mut tags| {
        tags.remove("$current_url");
        if let Some(method) = tags.remove("$request_method") {
            tags.insert("http_method".to_owned(), method);
        }
        tags
    })
}

/// All of it together.
pub(crate) fn complete(client: Client) -> ContextLayer {
    ContextLayer::new(client)
        .extra_tags(request_context)
        .filter(is_tracked)
        .map_tags(clean_tags)
        .capture_errors(true)
}

fn request_context(request: &Parts) -> Vec<(&'static str, Value)> {
    let mut tags = match request.extensions.get::<User>() {
        Some(user) => vec![
            ("user_type", "authenticated".into()),
            ("user_id", user.id.to_string().into()),
        ],
        None => vec![("user_type", "anonymous".into())],
    };
    let agent = request.headers.get("user-agent");
    let agent = agent.and_then(|agent| agent.to_str().ok());
    tags.push(("user_agent", agent.unwrap_or_default().into()));
    tags
}

fn is_tracked(request: &Parts) -> bool {
    let internal = ["/health", "/metrics", "/admin"];
    !internal
        .iter()
        .any(|prefix| request.uri.path().starts_with(prefix))
}

fn clean_tags(mut tags: TagMap) -> TagMap {
    tags.remove("user_agent");
    tags
}

/// A shop with one page, which captures an event.
pub(crate) fn shop(client: Client, layer: ContextLayer) -> Router {
    let order = move || async move {
        let order = client.draft(Kind::Event("order placed".into()));
        // An event that the client cannot take is counted, and no reason to fail an order.
        let _ = client.capture(order);
        "thank you"
    };
    Router::new().route("/order", get(order)).layer(layer)
}

/// Makes a layer that reports to a client.
pub(crate) type Setting = fn(Client) -> ContextLayer;

/// The settings by the name under which the example is started.
pub(crate) const SETTINGS: [(&str, Setting); 6] = [
    ("basic", basic),
    ("without-errors", without_errors),
    ("with-user-tags", with_user_tags),
    ("filtered", filtered),
    ("customized", customized),
    ("complete", complete),
];

#[tokio::main]
pub(crate) async fn main() -> io::Result<()> {
    let asked = std::env::args().nth(1).unwrap_or("complete".to_owned());
    let known = SETTINGS.iter().find(|(name, _)| *name == asked);
    let (_, setting) =
        known.ok_or_else(|| io::Error::other(format!("no setting is called {asked:?}")))?;
    let client = Client::new(Config::new("phc_dev").host("http://localhost:4640"));
    let app = shop(client.clone(), setting(client));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, app).await
}
