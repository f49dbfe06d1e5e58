//! What the end of a process promises. A file of its own, since it ends every client of its process.

use std::sync::mpsc;
use std::time::Duration;

use hogback::testing::MemoryTransport;
use hogback::transport::{Request, Response, Transport, Unreachable};
use hogback::{Client, Config, Kind, SystemClock};

/// A server that never answers.
struct Silent(mpsc::Sender<()>);

impl Transport for Silent {
    fn send(&self, _: &Request<'_>) -> Result<Response, Unreachable> {
        let _ = self.0.send(());
        loop {
            std::thread::park();
        }
    }
}

fn capture(client: &Client) {
    let captured = client.capture(client.draft(Kind::Event("last".into())));
    assert!(captured.is_ok());
}

#[test]
fn a_client_whose_server_is_silent_does_not_cost_another_clients_events() {
    let (asked, is_asked) = mpsc::channel();
    let stuck = Client::new(
        Config::new("key")
            .transport(move || Box::new(Silent(asked.clone())))
            .flush_at(1),
    );
    capture(&stuck);
    is_asked.recv().unwrap();
    let server = MemoryTransport::default();
    let client = Client::new(Config::new("key").transport(server.factory()));
    capture(&client);
    hogback::close_all(&SystemClock::new(), Duration::from_millis(500));
    assert_eq!(server.events().len(), 1);
    assert_eq!(
        (client.stats().delivered, stuck.stats().lost_total()),
        (1, 1)
    );
}
