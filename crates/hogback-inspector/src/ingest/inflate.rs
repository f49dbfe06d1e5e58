//! Decompression that stops at a cap, so that a small body cannot become a large one.

use std::io::{self, Read};

use brotli_decompressor::Decompressor;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use ruzstd::decoding::StreamingDecoder;

use super::limits::MIB;
use super::refusal::Refusal;

/// A larger window would make us allocate before the first byte comes out.
const ZSTD_WINDOW: u64 = 8 * MIB as u64;
const BROTLI_BUFFER: usize = 64 * 1024;

/// The compressions clients use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Codec {
    /// The codec that a `Content-Encoding` names, `None` when the bytes are plain.
    pub(crate) fn from_header(value: &str) -> Result<Option<Self>, Refusal> {
        match value.trim().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(None),
            "gzip" | "x-gzip" => Ok(Some(Self::Gzip)),
            "deflate" => Ok(Some(Self::Deflate)),
            "br" => Ok(Some(Self::Brotli)),
            "zstd" => Ok(Some(Self::Zstd)),
            other => Err(Refusal::unsupported(format!(
                "Content-Encoding {other:?} is not known here: send gzip, deflate, br or zstd, or no compression"
            ))),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// Whether the bytes begin as a gzip stream does.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// The inflated bytes, or a refusal once there are more than `cap` of them.
pub(crate) fn inflate(codec: Codec, bytes: &[u8], cap: usize) -> Result<Vec<u8>, Refusal> {
    let inflated = match codec {
        Codec::Gzip => read_capped(MultiGzDecoder::new(bytes), cap),
        Codec::Deflate => read_capped(ZlibDecoder::new(bytes), cap),
        Codec::Brotli => read_capped(Decompressor::new(bytes, BROTLI_BUFFER), cap),
        Codec::Zstd => StreamingDecoder::new_with_max_window_size(bytes, ZSTD_WINDOW)
            .map_err(|cause| io::Error::new(io::ErrorKind::InvalidData, cause.to_string()))
            .and_then(|decoder| read_capped(decoder, cap)),
    };
    match inflated {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Refusal::too_large(format!(
            "the body inflates to more than {} MiB: send smaller batches",
            cap / MIB
        ))),
        Err(cause) => Err(Refusal::unreadable(format!(
            "the body is not valid {}: {cause}",
            codec.name()
        ))),
    }
}

/// All that `source` gives, `None` when that is more than `cap` bytes.
fn read_capped(source: impl Read, cap: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    source.take(cap as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= cap).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use axum::http::StatusCode;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn each_codec_gives_the_bytes_back() {
        // "hogback" as `printf hogback | brotli` and a raw zstd frame encode it.
        let brotli = [
            0x0b, 0x03, 0x80, b'h', b'o', b'g', b'b', b'a', b'c', b'k', 0x03,
        ];
        let zstd = ruzstd::encoding::compress_to_vec(
            &b"hogback"[..],
            ruzstd::encoding::CompressionLevel::Fastest,
        );
        for (codec, packed) in [
            (Codec::Gzip, gzip(b"hogback")),
            (Codec::Deflate, zlib(b"hogback")),
            (Codec::Brotli, brotli.to_vec()),
            (Codec::Zstd, zstd),
        ] {
            assert_eq!(
                inflate(codec, &packed, 100).unwrap(),
                b"hogback",
                "{codec:?}"
            );
        }
    }

    #[test]
    fn a_bomb_is_refused_at_the_cap() {
        let bomb = gzip(&vec![0; 10 * MIB]);
        let refusal = inflate(Codec::Gzip, &bomb, MIB).unwrap_err();
        assert_eq!(refusal.status, StatusCode::PAYLOAD_TOO_LARGE);
    }

    #[test]
    fn exactly_the_cap_is_allowed() {
        assert_eq!(inflate(Codec::Gzip, &gzip(&[7; 64]), 64).unwrap().len(), 64);
    }

    #[test]
    fn broken_bytes_are_refused_by_name() {
        for codec in [Codec::Gzip, Codec::Deflate, Codec::Brotli, Codec::Zstd] {
            let refusal = inflate(codec, b"not compressed at all", 100).unwrap_err();
            assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
            assert!(
                refusal.message.contains(codec.name()),
                "{}",
                refusal.message
            );
        }
    }
}
