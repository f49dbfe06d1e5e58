//! How requests travel, for programs that send them another way than by HTTP of the client's own.
//!
//! A transport takes one request and returns the server's answer. What the answer means, when to try again and what is lost is
//! up to the client.
//!
//! ```
//! use hogback::transport::{Request, Response, Transport, Unreachable};
//! use hogback::{Client, Config};
//!
//! /// Hands requests to a proxy on the same machine.
//! struct ToProxy;
//!
//! impl Transport for ToProxy {
//!     fn send(&self, request: &Request<'_>) -> Result<Response, Unreachable> {
//! #       let hand_over = |_path: &str, _body: &[u8]| Ok::<u16, std::io::Error>(200);
//!         let status = hand_over(request.path, request.body)
//!             .map_err(|error| Unreachable(error.to_string()))?;
//!         Ok(Response { status, ..Response::default() })
//!     }
//! }
//!
//! let client = Client::new(Config::new("phc_key").transport(|| Box::new(ToProxy)));
//! client.event("order placed").distinct_id("user-7").send();
//! assert!(client.flush(None));
//! assert_eq!(client.stats().delivered, 1);
//! ```

pub use crate::delivery::{Request, Response, Transport, Unreachable};
