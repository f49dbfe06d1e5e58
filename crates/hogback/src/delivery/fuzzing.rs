//! What must hold of answers, whatever a server says.

#![expect(clippy::missing_panics_doc, reason = "to panic is what they are for")]

use std::time::Duration;

pub use super::journal::fuzzing::{marks, not_before, segment};

use super::outcome::{Delivered, Failure, Remedy, classify};
use super::parts::Parts;
use super::retry::{self, Next};
use super::sending::Stop;
use super::transport::Response;
use super::{http, outcome};
use crate::wire::CaptureMode;
use crate::wire::v1::{self, Verdict};

/// A `Retry-After`, and on a second line the server's own time: no wish is obeyed for longer than an hour, in whatever way the
/// batch waits.
pub fn retry_after(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (text, date) = text.split_once('\n').unwrap_or((&text, ""));
    let asked = http::parse_retry_after(text, http::http_date(date));
    let padded = http::parse_retry_after(&format!("  {text}\t"), http::http_date(date));
    assert_eq!(asked, padded);
    if let Ok(seconds) = text.parse::<u32>() {
        assert_eq!(asked, Some(Duration::from_secs(seconds.into())));
    }
    let stop = Stop::Wait(Failure::Busy {
        status: 503,
        message: String::new(),
        retry_after: asked,
    });
    let least = asked.unwrap_or_default().min(retry::LONGEST_RETRY_AFTER);
    for (tries, is_kept) in [(1, true), (1, false), (4, true), (u32::MAX, true)] {
        match retry::next(&stop, tries, 3, is_kept, 1.0) {
            Next::Retry(pause) | Next::Probe(pause) => {
                assert!(least <= pause && pause <= retry::LONGEST_RETRY_AFTER);
            }
            Next::GiveUp => assert!(!is_kept, "what is on disk is never given up"),
        }
    }
    assert!(retry::until_next_orphan(&stop, 1.0) <= retry::LONGEST_RETRY_AFTER);
}

/// An answer of capture v1: each event has one verdict, nothing is made up, and none of them is lost from sight.
pub fn v1_results(bytes: &[u8]) {
    let body = String::from_utf8_lossy(bytes).into_owned();
    let json: Option<serde_json::Value> = serde_json::from_str(&body).ok();
    let results = json
        .as_ref()
        .and_then(|json| json.get("results")?.as_object());
    let ids = results.into_iter().flat_map(serde_json::Map::keys);
    let mut ids: Vec<&str> = ids.map(String::as_str).take(50).collect();
    ids.push("not in the answer");
    let verdicts = v1::verdicts(&body, &ids);
    assert_eq!(verdicts.is_some(), results.is_some());
    let answer = Response {
        status: 200,
        body: body.clone(),
        ..Response::default()
    };
    match classify(CaptureMode::V1, Ok(answer), &ids) {
        Ok(Delivered::Each { verdicts: each, .. }) => assert_eq!(Some(each), verdicts),
        Ok(Delivered::All) => unreachable!("an answer of v1 speaks of each event"),
        Err(failure) => assert_eq!((failure.remedy(), verdicts.as_ref()), (Remedy::Wait, None)),
    }
    if let Some(verdicts) = verdicts {
        are_sorted_out(results, &ids, verdicts);
    }
    has_a_short_message(body);
}

fn are_sorted_out(
    results: Option<&serde_json::Map<String, serde_json::Value>>,
    ids: &[&str],
    verdicts: Vec<Verdict>,
) {
    assert_eq!(verdicts.len(), ids.len());
    for (id, verdict) in ids.iter().zip(&verdicts) {
        let said = results.and_then(|results| results.get(*id)?.get("result")?.as_str());
        let word = match verdict {
            Verdict::Delivered => None,
            Verdict::Again => Some("retry"),
            Verdict::Dropped(_) => Some("drop"),
        };
        let is_known = said.filter(|said| matches!(*said, "retry" | "drop"));
        assert_eq!(word, is_known);
    }
    let mut parts = Parts::of(ids.len());
    let wants_some = parts.sorted_out(verdicts);
    let again = parts.next().map_or(0, <[usize]>::len);
    assert_eq!(wants_some, again > 0);
    let report = parts.report();
    assert_eq!(report.delivered + report.lost.len() + again, ids.len());
}

/// What a server says when it refuses goes to the log, but not without end.
fn has_a_short_message(body: String) {
    let answer = Response {
        status: 400,
        body,
        ..Response::default()
    };
    for mode in [CaptureMode::V0, CaptureMode::V1] {
        match classify(mode, Ok(answer.clone()), &[]) {
            Err(failure) => {
                assert!(failure.message().chars().count() <= outcome::MAX_MESSAGE_CHARS);
            }
            Ok(_) => unreachable!("it is refused"),
        }
    }
}
