//! Pictures: how large they are, and how they are sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::{Code, Refusal};

/// Most bytes of a picture, so that its base64 stays below 5 MB (protocol 8.4).
pub(super) const MAX_PICTURE: usize = 3_700_000;
/// Most bytes of a film.
pub(super) const MAX_FILM: usize = 15_000_000;

/// Returns a picture as commands answer it.
pub(super) fn payload(format: &str, bytes: &[u8]) -> Result<Value, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::unavailable("the tool took no picture"));
    }
    if bytes.len() > MAX_PICTURE {
        let message = format!("the picture has {} bytes; ask for a smaller maxWidth or quality", bytes.len());
        return Err(Refusal::new(Code::PayloadTooLarge, message));
    }
    let mut payload = json!({"format": format, "base64": STANDARD.encode(bytes)});
    if let Some((width, height)) = size(bytes) {
        payload["width"] = width.into();
        payload["height"] = height.into();
    }
    Ok(payload)
}

/// Returns width and height of a PNG or a JPEG.
pub(super) fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        return Some((number(16)?, number(20)?));
    }
    bytes.starts_with(&[0xff, 0xd8]).then(|| jpeg_size(bytes)).flatten()
}

/// Walks the segments of a JPEG to the one that begins the frame.
fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let kind = *bytes.get(at + 1)?;
        if kind == 0xff {
            at += 1;
            continue;
        }
        let number = |at: usize| Some(u32::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
        // C4, C8 and CC are tables, the other C… begin a frame.
        if matches!(kind, 0xc0..=0xcf) && !matches!(kind, 0xc4 | 0xc8 | 0xcc) {
            return Some((number(at + 7)?, number(at + 5)?));
        }
        let length = usize::try_from(number(at + 2)?).ok()?;
        at += 2 + length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 2, 128, 0, 0, 1, 224]);
        assert_eq!(size(&png), Some((640, 480)));
        let jpeg = [0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xc0, 0, 11, 8, 1, 224, 2, 128, 1, 1, 0x11, 0];
        assert_eq!(size(&jpeg), Some((640, 480)));
        assert!(payload("png", &[]).is_err());
        let large = payload("png", &vec![0; MAX_PICTURE + 1]).expect_err("large");
        assert_eq!(large.code.name(), "PAYLOAD_TOO_LARGE");
    }

    proptest! {
        #[test]
        fn any_bytes_end(mut bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = size(&bytes);
            bytes.splice(0..0, [0xff, 0xd8]);
            let _ = size(&bytes);
        }
    }
}
