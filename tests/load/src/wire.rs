//! WebSocket frames (RFC 6455) and the few byte searches that both sides of the measurement use.

use anyhow::{Result, bail, ensure};

/// Opcode of a text message.
pub const TEXT: u8 = 1;
/// Opcode of a close frame.
pub const CLOSE: u8 = 8;
/// Opcode of a ping.
pub const PING: u8 = 9;
/// Opcode of a pong.
pub const PONG: u8 = 10;

/// In the place of a length: two bytes of length follow.
const LENGTH_16: u8 = 0x7E;
/// In the place of a length: eight bytes of length follow.
const LENGTH_64: u8 = 0x7F;
/// Largest frame taken from the other side, in bytes (protocol 2.1: 25 MiB and a little).
const MAX_FRAME: usize = 27 << 20;

/// Where a complete frame lies in a buffer; its payload is already unmasked.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Bytes of the whole frame, header included.
    pub total: usize,
    /// Offset of the payload.
    pub start: usize,
    /// One of the opcodes above, or binary (2).
    pub opcode: u8,
}

/// Finds the frame at the start of `bytes` and unmasks its payload in place.
///
/// Returns `None` while the frame is incomplete. Fragmented messages are an error: neither side sends them.
pub fn frame(bytes: &mut [u8]) -> Result<Option<Frame>> {
    if bytes.len() < 2 {
        return Ok(None);
    }
    let (first, second) = (bytes[0], bytes[1]);
    ensure!(first & 0xF0 == 0x80, "a fragmented or reserved frame arrived (first byte {first:#04x})");
    let masked = second & 0x80 != 0;
    let (length, mut start) = match usize::from(second & 0x7F) {
        126 if bytes.len() >= 4 => (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])), 4),
        127 if bytes.len() >= 10 => {
            let wide = bytes[2..10].iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
            (usize::try_from(wide)?, 10)
        }
        126 | 127 => return Ok(None),
        short => (short, 2),
    };
    if length > MAX_FRAME {
        bail!("a frame of {length} bytes arrived, more than {MAX_FRAME}");
    }
    let key_at = start;
    if masked {
        start += 4;
    }
    let total = start + length;
    if bytes.len() < total {
        return Ok(None);
    }
    if masked {
        let key = [bytes[key_at], bytes[key_at + 1], bytes[key_at + 2], bytes[key_at + 3]];
        mask(&mut bytes[start..total], key);
    }
    Ok(Some(Frame { total, start, opcode: first & 0x0F }))
}

/// Appends a server's frame: not masked.
pub fn put(out: &mut Vec<u8>, opcode: u8, payload: &[u8]) {
    head(out, opcode, payload.len(), 0);
    out.extend_from_slice(payload);
}

/// Appends the header of a server's text frame whose payload of `length` bytes follows.
pub fn put_head(out: &mut Vec<u8>, length: usize) {
    head(out, TEXT, length, 0);
}

/// Appends a client's frame, masked with `key`.
pub fn put_masked(out: &mut Vec<u8>, opcode: u8, payload: &[u8], key: [u8; 4]) {
    head(out, opcode, payload.len(), 0x80);
    out.extend_from_slice(&key);
    let start = out.len();
    out.extend_from_slice(payload);
    mask(&mut out[start..], key);
}

#[expect(clippy::cast_possible_truncation, reason = "each arm has checked that the length fits")]
fn head(out: &mut Vec<u8>, opcode: u8, length: usize, mask_bit: u8) {
    out.push(0x80 | opcode);
    match length {
        0..=125 => out.push(mask_bit | length as u8),
        126..=65_535 => {
            out.push(mask_bit | LENGTH_16);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(mask_bit | LENGTH_64);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Applies a mask eight bytes at a time; the same call removes it.
fn mask(data: &mut [u8], key: [u8; 4]) {
    let wide = u64::from_ne_bytes([key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3]]);
    let (words, rest) = data.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (index, byte) in rest.iter_mut().enumerate() {
        *byte ^= key[index % 4];
    }
}

/// Finds `needle` in `hay`.
pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    while let Some(at) = hay.get(from..)?.iter().position(|byte| *byte == first) {
        let at = from + at;
        if hay[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// The text after `key` up to the next quote: `field(b, b"\"id\":\"")`. Escapes are not undone.
pub fn field<'a>(hay: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let start = find(hay, key)? + key.len();
    let length = hay[start..].iter().position(|byte| *byte == b'"')?;
    Some(&hay[start..start + length])
}

/// Whether a frame is the event of this name; looks only where an envelope names it.
pub fn is_event(payload: &[u8], name: &[u8]) -> bool {
    let head = &payload[..payload.len().min(96)];
    field(head, b"\"event\":\"").or_else(|| field(payload, b"\"event\":\"")) == Some(name)
}

/// The id of a response frame, if it is one.
pub fn response_id(payload: &[u8]) -> Option<&[u8]> {
    let head = &payload[..payload.len().min(96)];
    find(head, b"\"type\":\"res\"")?;
    field(payload, b"\"id\":\"")
}

/// Whether a response says that the call failed.
pub fn refused(payload: &[u8]) -> bool {
    let head = &payload[..payload.len().min(256)];
    find(head, b"\"ok\":false").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_and_plain_frames_of_every_length_class_come_back() {
        for length in [0, 1, 7, 8, 125, 126, 127, 4_096, 65_535, 65_536, 70_001] {
            let text: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let mut plain = Vec::new();
            put(&mut plain, TEXT, &text);
            let mut masked = Vec::new();
            put_masked(&mut masked, PING, &text, [1, 2, 3, 4]);
            for (bytes, opcode) in [(&mut plain, TEXT), (&mut masked, PING)] {
                let short = bytes.len() - 1;
                assert!(length == 0 || frame(&mut bytes.clone()[..short]).unwrap().is_none());
                let found = frame(bytes).unwrap().unwrap();
                assert_eq!((found.total, found.opcode), (bytes.len(), opcode));
                assert_eq!(&bytes[found.start..], text);
            }
        }
    }

    #[test]
    fn searches_find_fields_of_an_envelope() {
        let res = br#"{"type":"res","id":"s7","ok":true}"#;
        assert_eq!(response_id(res), Some(&b"s7"[..]));
        assert!(!refused(res) && refused(br#"{"type":"res","id":"1","ok":false}"#));
        assert!(is_event(br#"{"type":"event","event":"tick","payload":{}}"#, b"tick"));
        assert_eq!(find(b"aab", b"ab"), Some(1));
        assert_eq!(find(b"aab", b"ac"), None);
    }
}
