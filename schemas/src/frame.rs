//! The three frames: request, response, event (protocol 4).

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::WireError;
use crate::snapshot::StateVersion;

/// A request as it arrives, borrowed from the received bytes; `params` stay unparsed.
#[derive(Debug, Deserialize)]
pub struct Request<'a> {
    /// Always `req`.
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    /// Chosen by the client, opaque, repeated in the response.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// `noun.verb`.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// The method's parameters; absent counts as `{}`.
    #[serde(borrow, default)]
    pub params: Option<&'a RawValue>,
}

/// Why bytes are not a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Not JSON at all.
    NotJson,
    /// JSON, but no request frame.
    NotARequest,
}

impl<'a> Request<'a> {
    /// Reads a request frame.
    ///
    /// JSON deeper than 128 levels counts as [`Malformed::NotJson`]: the parser's own limit keeps a hostile
    /// frame from exhausting the stack.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        // The parser would take a list of the fields' values for an object as well.
        let is_object = bytes.trim_ascii_start().starts_with(b"{");
        match serde_json::from_slice::<Self>(bytes) {
            Ok(_) if !is_object => Err(Malformed::NotARequest),
            Ok(frame) if frame.kind == "req" && !frame.id.is_empty() && !frame.method.is_empty() => Ok(frame),
            Ok(_) => Err(Malformed::NotARequest),
            Err(_) if serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok() => {
                Err(Malformed::NotARequest)
            }
            Err(_) => Err(Malformed::NotJson),
        }
    }

    /// Returns the `id` of a JSON object that is no valid request, so that its refusal can be matched.
    pub fn id_of_invalid(bytes: &[u8]) -> Option<String> {
        #[derive(Deserialize)]
        struct Id {
            id: String,
        }
        serde_json::from_slice::<Id>(bytes).ok().map(|frame| frame.id).filter(|id| !id.is_empty())
    }
}

/// The wire shape of a request, as clients of the typed models write it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "RequestFrame")]
pub struct RequestFrame {
    /// Always `req`.
    #[serde(rename = "type")]
    pub kind: RequestKind,
    /// Chosen by the client, repeated in the response.
    #[schemars(length(min = 1))]
    pub id: String,
    /// `noun.verb`.
    #[schemars(length(min = 1))]
    pub method: String,
    /// The method's parameters; absent counts as `{}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<serde_json::Value>,
}

/// The wire shape of a response.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "ResponseFrame")]
pub struct ResponseFrame {
    /// Always `res`.
    #[serde(rename = "type")]
    pub kind: ResponseKind,
    /// The request's id.
    pub id: String,
    /// Whether the request succeeded.
    pub ok: bool,
    /// The method's output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<serde_json::Value>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<WireError>,
}

/// The wire shape of an event.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "EventFrame")]
#[serde(rename_all = "camelCase")]
pub struct EventFrame {
    /// Always `event`.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The event's name.
    pub event: String,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<serde_json::Value>,
    /// Number of this event on this connection; a hole means that events were dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Age of the snapshot that the payload describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_version: Option<StateVersion>,
}

/// The literal `req`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RequestKind {
    /// A request.
    Req,
}

/// The literal `res`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ResponseKind {
    /// A response.
    Res,
}

/// The literal `event`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// An event.
    Event,
}

/// Writes a successful response around an already serialised payload.
pub fn write_ok(out: &mut Vec<u8>, id: &str, payload: &[u8]) {
    out.extend_from_slice(br#"{"type":"res","id":"#);
    write_string(out, id);
    out.extend_from_slice(br#","ok":true,"payload":"#);
    out.extend_from_slice(payload);
    out.push(b'}');
}

/// Writes a successful response whose payload is serialised in place.
pub fn write_ok_json<T: Serialize>(out: &mut Vec<u8>, id: &str, payload: &T) {
    out.extend_from_slice(br#"{"type":"res","id":"#);
    write_string(out, id);
    out.extend_from_slice(br#","ok":true,"payload":"#);
    write_json(out, payload);
    out.push(b'}');
}

/// Writes a failed response; `payload` stands beside the error where a method has one to give (protocol 5.4).
pub fn write_error(out: &mut Vec<u8>, id: &str, error: &WireError, payload: Option<&[u8]>) {
    out.extend_from_slice(br#"{"type":"res","id":"#);
    write_string(out, id);
    out.extend_from_slice(br#","ok":false,"#);
    if let Some(payload) = payload {
        out.extend_from_slice(br#""payload":"#);
        out.extend_from_slice(payload);
        out.push(b',');
    }
    out.extend_from_slice(br#""error":"#);
    write_json(out, error);
    out.push(b'}');
}

/// Returns the part of an event that is the same for every receiver: all but `seq` and the closing brace.
pub fn event_prefix<T: Serialize>(event: &str, payload: &T, version: Option<StateVersion>) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(br#"{"type":"event","event":"#);
    write_string(&mut out, event);
    out.extend_from_slice(br#","payload":"#);
    write_json(&mut out, payload);
    if let Some(version) = version {
        out.extend_from_slice(br#","stateVersion":"#);
        write_json(&mut out, &version);
    }
    out
}

/// Completes an event for one receiver; a targeted event has no `seq` (protocol 4.2).
pub fn finish_event(out: &mut Vec<u8>, prefix: &[u8], seq: Option<u64>) {
    use std::io::Write as _;
    out.extend_from_slice(prefix);
    if let Some(seq) = seq {
        // Writing to a Vec cannot fail.
        let _ = write!(out, r#","seq":{seq}"#);
    }
    out.push(b'}');
}

fn write_string(out: &mut Vec<u8>, text: &str) {
    write_json(out, &text);
}

/// Appends a value as JSON. The wire types serialise without fail; should one ever not, `null` goes out,
/// so that the frame around it stays valid.
pub fn write_json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tells_garbage_from_other_json() {
        assert_eq!(Request::parse(b"hello").err(), Some(Malformed::NotJson));
        assert_eq!(Request::parse(b"[1,2]").err(), Some(Malformed::NotARequest));
        assert_eq!(
            Request::parse(br#"{"type":"event","id":"1","method":"x"}"#).err(),
            Some(Malformed::NotARequest)
        );
        assert_eq!(
            Request::parse(br#"{"type":"req","id":"","method":"x"}"#).err(),
            Some(Malformed::NotARequest)
        );
        assert_eq!(Request::parse("[".repeat(100_000).as_bytes()).err(), Some(Malformed::NotJson));
        let frame =
            Request::parse(br#"{"type":"req","id":"1","method":"health","future":{}}"#).expect("a request");
        assert!(frame.params.is_none());
    }

    #[test]
    fn writes_the_three_frames() {
        let mut out = Vec::new();
        write_ok(&mut out, "a\"b", br#"{"x":1}"#);
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"{"type":"res","id":"a\"b","ok":true,"payload":{"x":1}}"#
        );
        let mut out = Vec::new();
        write_error(&mut out, "1", &WireError::invalid("no"), Some(b"{}"));
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"{"type":"res","id":"1","ok":false,"payload":{},"error":{"code":"INVALID_REQUEST","message":"no"}}"#
        );
        let mut out = Vec::new();
        let prefix = event_prefix("tick", &serde_json::json!({"ts": 1}), None);
        finish_event(&mut out, &prefix, Some(7));
        assert_eq!(
            String::from_utf8_lossy(&out),
            r#"{"type":"event","event":"tick","payload":{"ts":1},"seq":7}"#
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_refused_or_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
            let _ = Request::parse(&bytes);
            let _ = Request::id_of_invalid(&bytes);
        }

        #[test]
        fn a_request_survives_the_round_trip(id in ".{1,40}", method in "[a-z.]{1,20}", text in ".{0,80}") {
            let frame = RequestFrame {
                kind: RequestKind::Req, id: id.clone(), method: method.clone(),
                params: Some(serde_json::json!({ "text": text })),
            };
            let bytes = serde_json::to_vec(&frame).expect("json");
            let read = Request::parse(&bytes).expect("a request");
            prop_assert_eq!(&read.id, &id);
            prop_assert_eq!(&read.method, &method);
        }
    }
}
