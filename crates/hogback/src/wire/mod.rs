//! The names and shapes of the capture protocol. Only this module knows them.
//!
//! An event is made and kept as capture v0 has it; v1 rearranges it for its requests.

mod members;
pub(crate) mod v0;
pub(crate) mod v1;

pub(crate) use members::Members;

use crate::merged::Merged;
use crate::properties::write_text;
use crate::timestamp::Timestamp;

/// The server drops larger events; ours are cut to fit (see [`crate::seal`]).
pub const MAX_EVENT_BYTES: usize = 900 * 1024;

/// The public ingestion host that stands behind the application's addresses.
const DEFAULT_HOST: &str = "https://us.i.posthog.com";

pub(crate) const ALIAS: &str = "alias";
pub(crate) const CONTEXT_TAGS: &str = "$context_tags";
pub(crate) const DISTINCT_ID: &str = "distinct_id";
pub(crate) const EXCEPTION: &str = "$exception";
pub(crate) const EXCEPTION_LEVEL: &str = "$exception_level";
pub(crate) const EXCEPTION_LIST: &str = "$exception_list";
pub(crate) const EXCEPTION_SOURCE: &str = "$exception_source";
#[cfg(feature = "tracing")]
pub(crate) const EXCEPTION_STEPS: &str = "$exception_steps";
pub(crate) const GEOIP_DISABLE: &str = "$geoip_disable";
pub(crate) const GROUPS: &str = "$groups";
pub(crate) const IS_SERVER: &str = "$is_server";
pub(crate) const LIB: &str = "$lib";
pub(crate) const LIB_VERSION: &str = "$lib_version";
pub(crate) const PANIC_COLUMN: &str = "$exception_panic_column";
pub(crate) const PANIC_FILE: &str = "$exception_panic_file";
pub(crate) const PANIC_LINE: &str = "$exception_panic_line";
pub(crate) const PERSON_PROFILE: &str = "$process_person_profile";
pub(crate) const RELEASE_ID: &str = "$release_id";
pub(crate) const SESSION_ID: &str = "$session_id";
pub(crate) const SET: &str = "$set";
pub(crate) const SET_ONCE: &str = "$set_once";
pub(crate) const GROUP_KEY: &str = "$group_key";
pub(crate) const GROUP_SET: &str = "$group_set";
pub(crate) const GROUP_TYPE: &str = "$group_type";
pub(crate) const GROUP_IDENTIFY: &str = "$groupidentify";
pub(crate) const CREATE_ALIAS: &str = "$create_alias";
pub(crate) const TRUNCATED: &str = "$truncated";

/// The host that answers for `host`: white space is trimmed, the application's own addresses become the ingestion
/// hosts behind them, nothing at all becomes the default host; anything else stays as it is.
pub fn ingestion_host(host: &str) -> &str {
    let host = host.trim();
    match host.strip_suffix('/').unwrap_or(host) {
        "" | "https://app.posthog.com" | "https://us.posthog.com" => DEFAULT_HOST,
        "https://eu.posthog.com" => "https://eu.i.posthog.com",
        _ => host,
    }
}

/// The members of an event object beside its properties.
pub(crate) struct Envelope<'a> {
    pub(crate) name: &'a str,
    pub(crate) distinct_id: &'a str,
    pub(crate) timestamp: Timestamp,
    pub(crate) uuid: &'a str,
    /// `$set` or `$set_once` with its map.
    pub(crate) person: Option<(&'static str, &'a Merged<'a>)>,
    pub(crate) properties: &'a Merged<'a>,
}

impl Envelope<'_> {
    /// Bytes of everything but the maps, at most: a character of a name or id may take six bytes of JSON.
    pub(crate) fn frame_bytes(&self) -> usize {
        256 + 6 * (self.name.len() + self.distinct_id.len() + self.uuid.len())
    }
}

/// Where the texts of an event begin in its JSON, behind their quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    pub(crate) name: usize,
    pub(crate) uuid: usize,
}

/// Appends one event as a version 0 batch carries it.
pub(crate) fn write_event(envelope: &Envelope<'_>, json: &mut Vec<u8>) -> Places {
    let start = json.len();
    json.reserve(envelope.properties.bytes() + 256);
    json.extend_from_slice(b"{\"event\":");
    let name = json.len() + 1 - start;
    write_text(json, envelope.name);
    json.extend_from_slice(b",\"distinct_id\":");
    write_text(json, envelope.distinct_id);
    json.extend_from_slice(b",\"timestamp\":\"");
    envelope.timestamp.write(json);
    json.extend_from_slice(b"\",\"uuid\":");
    let uuid = json.len() + 1 - start;
    write_text(json, envelope.uuid);
    if let Some((name, map)) = envelope.person {
        json.push(b',');
        write_text(json, name);
        json.push(b':');
        map.write_json(json);
    }
    json.extend_from_slice(b",\"properties\":");
    envelope.properties.write_json(json);
    json.push(b'}');
    Places { name, uuid }
}

/// Which requests the server is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaptureMode {
    /// The protocol that every server knows.
    #[default]
    V0,
    /// The newer one, in which the server speaks of each event of a request.
    V1,
}

impl CaptureMode {
    /// Reads `v0` or `legacy`, `v1` or `analytics_v1`, in any case and with white space around it.
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "v0" | "legacy" => Some(Self::V0),
            "v1" | "analytics_v1" => Some(Self::V1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CaptureMode, ingestion_host};

    #[test]
    fn a_capture_mode_has_two_names() {
        for (name, expected) in [
            (" V0 ", Some(CaptureMode::V0)),
            ("legacy", Some(CaptureMode::V0)),
            ("v1", Some(CaptureMode::V1)),
            ("Analytics_V1", Some(CaptureMode::V1)),
            ("v2", None),
            ("", None),
        ] {
            assert_eq!(CaptureMode::named(name), expected, "{name:?}");
        }
    }

    #[test]
    fn the_applications_addresses_become_the_ingestion_hosts() {
        for (given, expected) in [
            ("", "https://us.i.posthog.com"),
            (" https://app.posthog.com/ ", "https://us.i.posthog.com"),
            ("https://eu.posthog.com", "https://eu.i.posthog.com"),
            ("eu.posthog.com", "eu.posthog.com"),
            ("https://proxy.example/ph/", "https://proxy.example/ph/"),
        ] {
            assert_eq!(ingestion_host(given), expected, "{given:?}");
        }
    }
}
