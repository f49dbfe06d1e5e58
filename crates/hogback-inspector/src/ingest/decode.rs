//! Takes the wrapping off a request: from body, headers and query to the JSON text inside.
//!
//! Clients of ten years send plain JSON, gzip with and without saying so, base64, forms, and combinations of them.
//! The order of the steps is the official service's; nothing here looks at the JSON itself.

use std::borrow::Cow;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::inflate::{Codec, inflate, is_gzip};
use super::limits::Limits;
use super::query::Query;
use super::refusal::Refusal;
use super::text::{is_deeper_than, readable};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// As many bytes as the official service looks at before it believes in base64.
const BASE64_PROBE: usize = 128;

/// The JSON text inside a request.
pub fn json_text(
    body: &[u8],
    headers: &HeaderMap,
    query: &Query,
    limits: Limits,
) -> Result<String, Refusal> {
    let mut hint = query.compression.clone();
    let mut payload: Cow<'_, [u8]> = match &query.data {
        Some(data) => Cow::Owned(data.replace(' ', "+").into_bytes()),
        None => Cow::Borrowed(body),
    };
    if query.data.is_none()
        && let Some(codec) = Codec::from_header(header_text(headers, header::CONTENT_ENCODING))?
    {
        payload = Cow::Owned(inflate(codec, &payload, limits.inflated)?);
    }
    if let Some(bytes) = from_base64(&payload) {
        payload = Cow::Owned(bytes);
    } else if is_form(&payload, headers) {
        let form = Form::read(&payload);
        hint = hint.or(form.compression);
        payload = Cow::Owned(
            form.data
                .ok_or_else(|| Refusal::unreadable("the form has no field named data"))?,
        );
        if let Some(bytes) = from_base64(&payload) {
            payload = Cow::Owned(bytes);
        }
    }
    if is_gzip(&payload) {
        payload = Cow::Owned(inflate(Codec::Gzip, &payload, limits.inflated)?);
    } else if matches!(hint.as_deref(), Some("lz64" | "lz-string")) {
        return Err(Refusal::unsupported(
            "lz64 compression is not read here: update posthog-js, or set disable_compression: true in its options",
        ));
    }
    if let Some(bytes) = from_base64(&payload) {
        payload = Cow::Owned(bytes);
    }
    if payload.is_empty() {
        return Err(Refusal::unreadable(
            "the request has no body and no data parameter",
        ));
    }
    let text = readable(payload.into_owned());
    if is_deeper_than(&text, limits.depth) {
        return Err(Refusal::too_large(format!(
            "the JSON is nested more than {} levels deep",
            limits.depth
        )));
    }
    Ok(text)
}

/// A header's text, empty when it is absent or not text.
pub(crate) fn header_text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn from_base64(payload: &[u8]) -> Option<Vec<u8>> {
    let payload = payload.trim_ascii();
    let probe = payload.get(..BASE64_PROBE).unwrap_or(payload);
    let in_alphabet =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let plausible = !payload.is_empty()
        && payload.len().is_multiple_of(4)
        && !payload.starts_with(b"data=")
        && probe.iter().all(in_alphabet);
    // Text that only looks like base64 (a bare number, say) is left to the JSON reader.
    plausible.then(|| BASE64.decode(payload).ok()).flatten()
}

fn is_form(payload: &[u8], headers: &HeaderMap) -> bool {
    payload.starts_with(b"data=")
        || (header_text(headers, header::CONTENT_TYPE).starts_with("application/x-www-form-urlencoded")
            // Tools such as curl say "form" for whatever they are given.
            && !payload.trim_ascii_start().starts_with(b"{")
            && !payload.trim_ascii_start().starts_with(b"[")
            && !is_gzip(payload))
}

#[derive(Default)]
struct Form {
    data: Option<Vec<u8>>,
    compression: Option<String>,
}

impl Form {
    fn read(payload: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(payload) {
            match name.as_ref() {
                // Base64 has `+`, which forms turn into a space when the client did not escape it.
                "data" => form.data = Some(value.replace(' ', "+").into_bytes()),
                "compression" => form.compression = Some(value.into_owned()),
                _ => {}
            }
        }
        // JSON inside a form keeps its spaces.
        if form
            .data
            .as_deref()
            .is_some_and(|data| data.starts_with(b"{") || data.starts_with(b"["))
        {
            form.data = form_urlencoded::parse(payload)
                .find(|(name, _)| name == "data")
                .map(|(_, value)| value.into_owned().into_bytes());
        }
        form
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use axum::http::StatusCode;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const JSON: &str = r#"{"event":"a b","properties":{"n":1.50}}"#;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn decode(
        body: &[u8],
        headers: &[(header::HeaderName, &str)],
        query: &str,
    ) -> Result<String, Refusal> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect();
        json_text(body, &headers, &Query::read(query), Limits::ANALYTICS)
    }

    fn form(data: &[u8]) -> Vec<u8> {
        let data: String = form_urlencoded::byte_serialize(data).collect();
        format!("data={data}").into_bytes()
    }

    const FORM: (header::HeaderName, &str) =
        (header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    const TEXT: (header::HeaderName, &str) = (header::CONTENT_TYPE, "text/plain");

    #[test]
    fn every_wrapping_gives_the_same_json() {
        let packed = gzip(JSON.as_bytes());
        let base64 = BASE64.encode(JSON).into_bytes();
        let packed_base64 = BASE64.encode(&packed).into_bytes();
        let in_query = format!(
            "data={}",
            String::from_utf8_lossy(&base64).replace('+', "%2B")
        );
        for (what, decoded) in [
            ("plain", decode(JSON.as_bytes(), &[], "")),
            ("plain called a form", decode(JSON.as_bytes(), &[FORM], "")),
            ("gzip without a word", decode(&packed, &[TEXT], "")),
            (
                "gzip in the query",
                decode(&packed, &[TEXT], "compression=gzip-js"),
            ),
            (
                "gzip in the header",
                decode(&packed, &[(header::CONTENT_ENCODING, "gzip")], ""),
            ),
            ("base64", decode(&base64, &[TEXT], "")),
            ("gzip in base64", decode(&packed_base64, &[TEXT], "")),
            (
                "form",
                decode(&form(&base64), &[FORM], "compression=base64"),
            ),
            ("form without its type", decode(&form(&base64), &[TEXT], "")),
            (
                "form with gzip in base64",
                decode(&form(&packed_base64), &[FORM], ""),
            ),
            (
                "form with plain json",
                decode(&form(JSON.as_bytes()), &[FORM], ""),
            ),
            ("query", decode(b"", &[], &in_query)),
            ("base64 inside gzip", decode(&gzip(&base64), &[TEXT], "")),
        ] {
            assert_eq!(decoded.as_deref(), Ok(JSON), "{what}");
        }
    }

    #[test]
    fn a_form_whose_plus_signs_were_not_escaped_is_mended() {
        let json = r#"{"event":"~~>>??~~"}"#;
        let base64 = BASE64.encode(json);
        assert!(
            base64.contains('+'),
            "the example must need the mending: {base64}"
        );
        let body = format!("data={base64}");
        assert_eq!(decode(body.as_bytes(), &[FORM], "").as_deref(), Ok(json));
    }

    #[test]
    fn lz64_is_refused_with_what_to_do() {
        let refusal = decode(b"\x01\x02", &[TEXT], "compression=lz64").unwrap_err();
        assert_eq!(refusal.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(
            refusal.message.contains("disable_compression"),
            "{}",
            refusal.message
        );
    }

    #[test]
    fn an_unknown_encoding_is_refused_by_name() {
        let refusal = decode(b"x", &[(header::CONTENT_ENCODING, "snappy")], "").unwrap_err();
        assert_eq!(refusal.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(refusal.message.contains("snappy"), "{}", refusal.message);
    }

    #[test]
    fn an_empty_request_is_refused() {
        assert_eq!(
            decode(b"", &[], "").unwrap_err().status,
            StatusCode::BAD_REQUEST
        );
    }

    #[test]
    fn too_deep_json_is_refused() {
        let deep = "[".repeat(65) + &"]".repeat(65);
        assert_eq!(
            decode(deep.as_bytes(), &[], "").unwrap_err().status,
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }
}
