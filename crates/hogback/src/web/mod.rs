//! What a web request says about who sent it, and what of it may go into tags.
//!
//! Pure functions over the texts of its headers, for the integrations with web frameworks: which texts can be an
//! [id](ids), which [address] the proxies tell, and what of a [query string](query) stays on the site.

pub mod address;
pub mod ids;
pub mod query;

pub use address::{forwarded_address, plain_address};
pub use ids::{cleaned_id, usable_header_id, usable_id};
pub use query::QueryPolicy;
