//! The service: its routes, and the layer that gives each request its context.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hogback::Client;
use hogback_tower::{ContextLayer, ResponseError};
use serde_json::json;

use crate::catalogue::{Catalogue, Product};
use crate::delivery::DeliveryError;

/// The whole service; its events go where `client` sends them.
pub fn app(client: Client, catalogue: Catalogue) -> Router {
    let layer = ContextLayer::new(client.clone())
        .filter(|request| request.uri.path() != "/health")
        .extra_tags(|_| [("service", "catalogue")]);
    let shop = Shop {
        client,
        catalogue: Arc::new(catalogue),
    };
    Router::new()
        .route("/products", get(list))
        .route("/products/{slug}", get(look_up))
        .route("/products/{slug}/delivery", get(delivery))
        .route("/health", get(async || "ok"))
        .with_state(shop)
        .layer(layer)
}

/// What every handler needs.
#[derive(Clone)]
struct Shop {
    client: Client,
    catalogue: Arc<Catalogue>,
}

async fn list(State(shop): State<Shop>) -> Response {
    Json(shop.catalogue.products()).into_response()
}

async fn look_up(
    State(shop): State<Shop>,
    Path(slug): Path<String>,
) -> Result<Json<Product>, Refusal> {
    let found = shop.catalogue.find(&slug);
    shop.client
        .event("catalogue_searched")
        .property("product", &slug)
        .property("found", found.is_some())
        .property("price_cents", found.map(|product| product.price_cents))
        .send();
    found.cloned().map(Json).ok_or(Refusal::Unknown(slug))
}

async fn delivery(State(shop): State<Shop>, Path(slug): Path<String>) -> Result<Response, Refusal> {
    let product = shop.catalogue.find(&slug).ok_or(Refusal::Unknown(slug))?;
    let days = product.delivery_days()?;
    Ok(Json(json!({ "days": days })).into_response())
}

/// Why a request gets no product.
enum Refusal {
    /// There is no product of this name: the caller's mistake, and no event of ours.
    Unknown(String),
    /// Ours: the layer reports it.
    Delivery(DeliveryError),
}

impl From<DeliveryError> for Refusal {
    fn from(error: DeliveryError) -> Self {
        Self::Delivery(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown(slug) => {
                let message = format!("no product is called {slug:?}");
                (StatusCode::NOT_FOUND, Json(json!({ "error": message }))).into_response()
            }
            Self::Delivery(error) => {
                // The layer cannot see an error that has become a response, unless it is handed on beside it.
                let answer = json!({ "error": "the day of delivery is not known" });
                let mut response =
                    (StatusCode::INTERNAL_SERVER_ERROR, Json(answer)).into_response();
                response.extensions_mut().insert(ResponseError::new(error));
                response
            }
        }
    }
}
