//! WebSocket frames in and out (RFC 6455), from and to plain buffers: no I/O, so every case can be tested.
//!
//! The header is read by `tungstenite`; the buffers are ours, so that an idle connection holds none and one
//! wake-up needs one write (see `docs/decisions/`).

use std::io::Cursor;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// A whole message or a control frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inbound<'a> {
    /// Text or binary: both hold JSON (protocol 2.1).
    Message(&'a [u8]),
    /// To be answered with the same payload.
    Ping(&'a [u8]),
    /// An answer to our ping.
    Pong,
    /// The client closes.
    Close,
}

/// Why a connection cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A message longer than allowed: 1009.
    TooBig,
    /// Not the WebSocket protocol: 1002.
    Protocol,
    /// The line is gone.
    Gone,
}

/// Reads frames and joins fragments.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// Largest message in bytes.
    pub(crate) limit: usize,
    fragments: Option<Vec<u8>>,
}

impl Decoder {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, fragments: None }
    }

    /// Hands every complete frame in `buffer` to `sink` until that returns false; returns how many bytes
    /// are used up. The length is checked before a frame is complete, so that nobody can make us hold more.
    pub(crate) fn decode(
        &mut self,
        buffer: &mut [u8],
        mut sink: impl FnMut(Inbound<'_>) -> bool,
    ) -> Result<usize, Fault> {
        let mut used = 0;
        loop {
            let rest = buffer.get_mut(used..).unwrap_or_default();
            let Some(frame) = self.header(rest)? else { return Ok(used) };
            let Some(payload) = rest.get_mut(frame.start..frame.end) else { return Ok(used) };
            unmask(payload, frame.mask);
            used += frame.end;
            if !self.take(&frame, payload, &mut sink)? {
                return Ok(used);
            }
        }
    }

    fn header(&self, bytes: &[u8]) -> Result<Option<Frame>, Fault> {
        let mut cursor = Cursor::new(bytes);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| Fault::Protocol)?;
        let Some((header, length)) = parsed else { return Ok(None) };
        let reserved = header.rsv1 || header.rsv2 || header.rsv3;
        let Some(mask) = header.mask.filter(|_| !reserved) else { return Err(Fault::Protocol) };
        let held = self.fragments.as_ref().map_or(0, Vec::len);
        let length = usize::try_from(length).map_err(|_| Fault::TooBig)?;
        if matches!(header.opcode, OpCode::Control(_)) && (length > 125 || !header.is_final) {
            return Err(Fault::Protocol);
        }
        if length > self.limit.saturating_sub(held) {
            return Err(Fault::TooBig);
        }
        let start = usize::try_from(cursor.position()).map_err(|_| Fault::Protocol)?;
        Ok(Some(Frame { opcode: header.opcode, is_final: header.is_final, mask, start, end: start + length }))
    }

    fn take(
        &mut self,
        frame: &Frame,
        payload: &[u8],
        sink: &mut impl FnMut(Inbound<'_>) -> bool,
    ) -> Result<bool, Fault> {
        match frame.opcode {
            OpCode::Control(Control::Ping) => Ok(sink(Inbound::Ping(payload))),
            OpCode::Control(Control::Pong) => Ok(sink(Inbound::Pong)),
            OpCode::Control(Control::Close) => Ok(sink(Inbound::Close)),
            OpCode::Data(Data::Text | Data::Binary) if self.fragments.is_none() => {
                if frame.is_final {
                    return Ok(sink(Inbound::Message(payload)));
                }
                self.fragments = Some(payload.to_vec());
                Ok(true)
            }
            OpCode::Data(Data::Continue) => {
                let mut held = self.fragments.take().ok_or(Fault::Protocol)?;
                held.extend_from_slice(payload);
                if frame.is_final {
                    return Ok(sink(Inbound::Message(&held)));
                }
                self.fragments = Some(held);
                Ok(true)
            }
            _ => Err(Fault::Protocol),
        }
    }
}

struct Frame {
    opcode: OpCode,
    is_final: bool,
    mask: [u8; 4],
    start: usize,
    end: usize,
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

/// Bytes of the longest header of a frame of ours.
const MAX_HEADER: usize = 10;

/// Appends the header of a frame of ours with `length` bytes of payload.
pub(crate) fn write_header(out: &mut Vec<u8>, opcode: OpCode, length: usize) {
    let first = 0x80 | u8::from(opcode);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => out.extend_from_slice(&[first, short]),
        (_, Ok(medium)) => {
            out.extend_from_slice(&[first, 126]);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.extend_from_slice(&[first, 127]);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Appends a text message.
pub(crate) fn write_text(out: &mut Vec<u8>, payload: &[u8]) {
    out.reserve(MAX_HEADER + payload.len());
    write_header(out, OpCode::Data(Data::Text), payload.len());
    out.extend_from_slice(payload);
}

/// Appends a text message that lies in two parts.
pub(crate) fn write_text_parts(out: &mut Vec<u8>, first: &[u8], second: &[u8]) {
    out.reserve(MAX_HEADER + first.len() + second.len());
    write_header(out, OpCode::Data(Data::Text), first.len() + second.len());
    out.extend_from_slice(first);
    out.extend_from_slice(second);
}

/// Appends a control frame; its payload must not be longer than 125 bytes.
pub(crate) fn write_control(out: &mut Vec<u8>, control: Control, payload: &[u8]) {
    write_header(out, OpCode::Control(control), payload.len());
    out.extend_from_slice(payload);
}

/// Appends a close frame; the reason is cut to the 123 bytes that fit.
pub(crate) fn write_close(out: &mut Vec<u8>, code: u16, reason: &str) {
    let mut payload = code.to_be_bytes().to_vec();
    let mut end = reason.len().min(123);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    payload.extend_from_slice(&reason.as_bytes()[..end]);
    write_control(out, Control::Close, &payload);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        write_header(&mut out, OpCode::Data(Data::Text), payload.len());
        (out[0], out[1]) = (first, out[1] | 0x80);
        let mask = [1, 2, 3, 4];
        out.extend_from_slice(&mask);
        out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        out
    }

    fn read(bytes: &[u8], limit: usize) -> Result<(Vec<Vec<u8>>, usize), Fault> {
        let mut messages = Vec::new();
        let mut bytes = bytes.to_vec();
        let used = Decoder::new(limit).decode(&mut bytes, |inbound| {
            if let Inbound::Message(text) = inbound {
                messages.push(text.to_vec());
            }
            true
        })?;
        Ok((messages, used))
    }

    #[test]
    fn fragments_with_a_ping_between_are_one_message() {
        let bytes = [masked(0x01, b"ab"), masked(0x89, b"hi"), masked(0x80, b"cd")].concat();
        assert_eq!(read(&bytes, 100), Ok((vec![b"abcd".to_vec()], bytes.len())));
    }

    #[test]
    fn breaches_are_told_apart() {
        assert_eq!(read(&masked(0x81, &[0; 101]), 100), Err(Fault::TooBig));
        assert_eq!(read(&[masked(0x01, &[0; 60]), masked(0x80, &[0; 60])].concat(), 100), Err(Fault::TooBig));
        assert_eq!(
            read(&[0x81, 0xFF, 0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], 100),
            Err(Fault::TooBig),
            "before it arrives"
        );
        assert_eq!(read(&[0x81, 0x01, b'x'], 100), Err(Fault::Protocol), "not masked");
        assert_eq!(read(&masked(0xC1, b"x"), 100), Err(Fault::Protocol), "compressed");
        assert_eq!(read(&masked(0x80, b"x"), 100), Err(Fault::Protocol), "nothing to continue");
        assert_eq!(read(&masked(0x09, b"x"), 100), Err(Fault::Protocol), "a fragmented ping");
    }

    #[test]
    fn a_close_reason_is_cut_at_a_character() {
        let mut out = Vec::new();
        write_close(&mut out, 1008, &"ä".repeat(100));
        assert_eq!(out.len(), 2 + 2 + 122);
    }

    proptest! {
        #[test]
        fn messages_survive_any_split(
            messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..70_000), 1..4),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes: Vec<u8> = messages.iter().flat_map(|message| masked(0x82, message)).collect();
            let (before, after) = bytes.split_at(cut.index(bytes.len()));
            let mut decoder = Decoder::new(100_000);
            let mut seen = Vec::new();
            let mut buffer = before.to_vec();
            let mut note = |inbound: Inbound<'_>| {
                if let Inbound::Message(text) = inbound { seen.push(text.to_vec()) }
                true
            };
            let used = decoder.decode(&mut buffer, &mut note).expect("valid");
            let mut rest = bytes[used..before.len()].to_vec();
            rest.extend_from_slice(after);
            let used = decoder.decode(&mut rest, &mut note).expect("valid");
            prop_assert_eq!(used, rest.len());
            prop_assert_eq!(seen, messages);
        }

        #[test]
        fn any_bytes_end_in_a_result(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes, 100);
        }
    }
}
