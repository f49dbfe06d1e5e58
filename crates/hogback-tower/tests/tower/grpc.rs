//! A real server of tonic: the context spans unary calls and streams, and failures are known by their code.

use std::pin::Pin;

use futures_util::{Stream, StreamExt, stream};
use hogback::Context;
use hogback_tower::ContextLayer;
use tokio::net::TcpListener;
use tonic::transport::server::{TcpConnectInfo, TcpIncoming};
use tonic::transport::{Channel, Server};
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::support::{Site, exception};

/// Captures in each call and in each part of a stream; knows no service but `shop`.
struct Captures(Site);

#[tonic::async_trait]
impl Health for Captures {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match &*request.into_inner().service {
            "shop" => {
                self.0.capture("checked");
                Ok(Response::new(HealthCheckResponse::default()))
            }
            "broken" => Err(Status::internal("the shelf is empty")),
            _ => Err(Status::not_found("no such service")),
        }
    }

    type WatchStream = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

    async fn watch(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let site = self.0.clone();
        let parts = stream::iter(0..2).map(move |_| {
            assert!(Context::current().is_some());
            site.capture("watched");
            Ok(HealthCheckResponse::default())
        });
        Ok(Response::new(Box::pin(parts)))
    }
}

async fn client_of(site: &Site, layer: ContextLayer) -> HealthClient<Channel> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder()
        .layer(layer)
        .add_service(HealthServer::new(Captures(site.clone())));
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    HealthClient::new(channel.connect().await.unwrap())
}

fn asking_for(service: &str) -> Request<HealthCheckRequest> {
    let mut request = Request::new(HealthCheckRequest {
        service: service.into(),
    });
    let headers = request.metadata_mut();
    headers.insert("x-posthog-distinct-id", "user-7".parse().unwrap());
    request
}

#[tokio::test]
async fn a_call_is_a_request_with_a_path_and_a_peer() {
    let site = Site::new();
    let layer = site
        .layer()
        .peer_address(|extensions| Some(extensions.get::<TcpConnectInfo>()?.remote_addr()?.ip()));
    let mut client = client_of(&site, layer).await;
    client.check(asking_for("shop")).await.unwrap();
    let event = site.event();
    assert_eq!(event["distinct_id"], "user-7");
    assert_eq!(
        event["properties"]["$request_path"],
        "/grpc.health.v1.Health/Check"
    );
    assert_eq!(event["properties"]["$ip"], "127.0.0.1");
}

#[tokio::test]
async fn each_part_of_a_stream_is_made_in_the_context() {
    let site = Site::new();
    let mut client = client_of(&site, site.layer()).await;
    let mut parts = client.watch(asking_for("shop")).await.unwrap().into_inner();
    while parts.message().await.unwrap().is_some() {}
    let events = site.events();
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|event| event["distinct_id"] == "user-7"));
}

#[tokio::test]
async fn a_status_is_reported_where_its_code_says_that_the_server_failed() {
    let site = Site::new();
    let layer = site
        .layer()
        .response_error(|status: &Status| status.code() == Code::Internal);
    let mut client = client_of(&site, layer).await;
    for (service, code) in [("nowhere", Code::NotFound), ("broken", Code::Internal)] {
        let status = client.check(asking_for(service)).await.unwrap_err();
        assert_eq!(status.code(), code);
    }
    let event = site.event();
    assert!(exception(&event).1.contains("the shelf is empty"));
    assert_eq!(event["distinct_id"], "user-7");
}
