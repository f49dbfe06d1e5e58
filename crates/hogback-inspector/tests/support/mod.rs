//! What the tests share: an inspector over a directory of its own, and requests to it.
#![expect(dead_code, reason = "every test program uses a part of this")]

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use hogback_inspector::store::Store;
use hogback_inspector::{Inspector, app};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

/// Longer than anything here takes; a test that needs it hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The service without a socket.
pub(crate) struct Service {
    pub(crate) app: Router,
    pub(crate) store: Store,
    _dir: TempDir,
}

impl Service {
    pub(crate) fn start() -> Self {
        Self::with(|inspector| inspector)
    }

    pub(crate) fn with(configure: impl FnOnce(Inspector) -> Inspector) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let app = app(configure(Inspector::new(store.clone())));
        Self {
            app,
            store,
            _dir: dir,
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = tokio::time::timeout(DEADLINE, self.app.clone().oneshot(request)).await;
        Answer::read(response.unwrap().unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path, "")).await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(request(Method::POST, path, body)).await
    }

    /// The stored events, newest first.
    pub(crate) async fn events(&self) -> Vec<Value> {
        let answer = self.get("/api/events?limit=10000").await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()["events"].as_array().unwrap().clone()
    }

    /// Serves the same service on a real port.
    pub(crate) async fn listen(&self) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let app = self.app.clone();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Server { port }
    }
}

pub(crate) fn request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    let builder = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost:4640");
    builder.body(body.into()).unwrap()
}

/// A request with one more header.
pub(crate) fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    async fn read(response: Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Self {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A batch of one event.
pub(crate) fn event(name: &str, uuid: u64) -> String {
    let batch = serde_json::json!({
        "api_key": "phc_dev",
        "batch": [{
            "event": name,
            "uuid": format!("00000000-0000-7000-8000-{uuid:012}"),
            "distinct_id": "user-1",
            "properties": { "$session_id": "session-1" },
        }],
    });
    batch.to_string()
}

/// The service on a port.
pub(crate) struct Server {
    port: u16,
}

impl Server {
    /// Opens a connection for several requests.
    pub(crate) async fn connect(&self) -> Connection {
        let socket = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        Connection { socket }
    }

    /// Opens a stream and reads the head of the answer.
    pub(crate) async fn stream(&self, path: &str, headers: &str) -> LiveStream {
        // HTTP/1.0 knows no chunks, so the text is the stream and nothing else.
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let head = format!(
            "GET {path} HTTP/1.0\r\nHost: localhost:{}\r\n{headers}\r\n",
            self.port
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        let mut stream = LiveStream {
            socket,
            text: String::new(),
        };
        stream.read_until(|text| text.contains("\r\n\r\n")).await;
        stream
    }
}

/// One connection of a client that sends its whole request before it looks for an answer.
pub(crate) struct Connection {
    socket: TcpStream,
}

impl Connection {
    /// Sends a body of so many bytes and returns the head and the beginning of the answer.
    pub(crate) async fn post(&mut self, path: &str, host: &str, length: usize) -> String {
        self.write(&format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{}",
            "x".repeat(length)
        ))
        .await;
        self.answer().await
    }

    pub(crate) async fn write(&mut self, text: &str) {
        let written = tokio::time::timeout(DEADLINE, self.socket.write_all(text.as_bytes())).await;
        written.unwrap().unwrap();
    }

    /// Reads one answer, which has to fit one segment.
    pub(crate) async fn answer(&mut self) -> String {
        let mut buffer = [0; 8192];
        let read = tokio::time::timeout(DEADLINE, self.socket.read(&mut buffer)).await;
        String::from_utf8_lossy(&buffer[..read.unwrap().unwrap()]).into_owned()
    }
}

pub(crate) struct LiveStream {
    socket: TcpStream,
    pub(crate) text: String,
}

impl LiveStream {
    /// Reads until the text satisfies the condition, and on to the end of that message.
    pub(crate) async fn until(&mut self, satisfied: impl Fn(&str) -> bool) {
        self.read_until(|text| text.ends_with("\n\n") && satisfied(text))
            .await;
    }

    async fn read_until(&mut self, satisfied: impl Fn(&str) -> bool) {
        let read = async {
            while !satisfied(&self.text) {
                let mut buffer = [0; 4096];
                let count = self.socket.read(&mut buffer).await.unwrap();
                assert!(count > 0, "the stream ended after: {}", self.text);
                self.text
                    .push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        };
        assert!(
            tokio::time::timeout(DEADLINE, read).await.is_ok(),
            "not within the deadline; so far: {}",
            self.text
        );
    }

    /// Reads to the end.
    pub(crate) async fn into_rest(mut self) -> String {
        let mut rest = Vec::new();
        tokio::time::timeout(DEADLINE, self.socket.read_to_end(&mut rest))
            .await
            .unwrap()
            .unwrap();
        self.text + &String::from_utf8_lossy(&rest)
    }
}
