//! A QR code as a PNG data URL, the only form that stock clients take (protocol 5.8).
//!
//! One bit a pixel and stored, not compressed, blocks: a whole image library would be a lot for black squares.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use qrcode::{Color, EcLevel, QrCode};

/// Draws `text`; `None`: it is too long for a picture that clients would take.
pub(super) fn data_url(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let colors = code.to_colors();
    let dark = |x: usize, y: usize| colors.get(y * code.width() + x) == Some(&Color::Dark);
    (1..=MAX_SCALE).rev().find_map(|scale| {
        let side = (code.width() + 2 * QUIET) * scale;
        let lit = |x: usize, y: usize| {
            let module = |at: usize| (at / scale).checked_sub(QUIET).filter(|at| *at < code.width());
            module(x).zip(module(y)).is_none_or(|(x, y)| !dark(x, y))
        };
        let url = format!("data:image/png;base64,{}", STANDARD.encode(png(side, lit)?));
        (url.len() <= MAX_URL).then_some(url)
    })
}

/// Returns a black and white PNG (RFC 2083) of `side` by `side` pixels; `None`: larger than one stored block.
fn png(side: usize, lit: impl Fn(usize, usize) -> bool) -> Option<Vec<u8>> {
    let mut rows = Vec::new();
    for y in 0..side {
        rows.push(0); // this row is not filtered
        for left in (0..side).step_by(8) {
            let bits = (left..left + 8).map(|x| u8::from(x >= side || lit(x, y)));
            rows.push(bits.fold(0, |byte, bit| byte << 1 | bit));
        }
    }
    let length = u16::try_from(rows.len()).ok()?;
    let side = u32::try_from(side).ok()?.to_be_bytes();
    // One bit a pixel, greyscale, the only compression, filter and order there are.
    let header = [&side[..], &side, &[1, 0, 0, 0, 0]].concat();
    // zlib (RFC 1950) around one stored block (RFC 1951).
    let (low, high) = (length.to_le_bytes(), (!length).to_le_bytes());
    let data = [&[0x78, 0x01, 0x01][..], &low, &high, &rows, &adler32(&rows).to_be_bytes()].concat();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, *b"IHDR", &header);
    chunk(&mut out, *b"IDAT", &data);
    chunk(&mut out, *b"IEND", &[]);
    Some(out)
}

fn chunk(out: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let body = [&name[..], data].concat();
    // `png` makes no chunk longer than a stored block, so the length always fits.
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(&body);
    out.extend(crc32(&body).to_be_bytes());
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 },
        )
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

/// What stock clients take, in characters.
const MAX_URL: usize = 16_384;
/// Light modules around the code, as its standard wants.
const QUIET: usize = 4;
/// Pixels a module, if there is room.
const MAX_SCALE: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_published_ones() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn a_small_picture_byte_by_byte() {
        let diagonal = png(2, |x, y| x == y).expect("a picture");
        let header = "0000000d49484452000000020000000201000000005acd3089";
        let data = "0000000f4944415478010104 00fbff 00bf 007f 02c0013f 2c2351ca".replace(' ', "");
        let expected = ["89504e470d0a1a0a", header, &data, "0000000049454e44ae426082"];
        assert_eq!(hex::encode(diagonal), expected.concat());
    }

    #[test]
    fn usual_codes_fit_and_endless_ones_do_not() {
        for length in [150, 220, 400, 900] {
            let url = data_url(&"x".repeat(length)).expect("a picture");
            assert!(url.len() <= MAX_URL);
        }
        assert_eq!(data_url(&"x".repeat(4000)), None);
    }
}
