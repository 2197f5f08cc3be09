//! The baseline's frames, prepared once at the size of the gateway's own.

use super::Options;

/// The parts of each answer around what differs per request.
#[derive(Debug)]
pub struct Texts {
    /// Follows the id in hello-ok.
    pub hello: Vec<u8>,
    /// Follows the id in the response to `health`.
    pub health: Vec<u8>,
    /// The whole HTTP answer to `GET /healthz`.
    pub healthz: Vec<u8>,
    event_bytes: usize,
}

/// Opens every response; the id follows.
pub const RESPONSE: &[u8] = br#"{"type":"res","id":""#;
/// Follows the id in an answer that has nothing to say.
pub const EMPTY_OK: &[u8] = br#"","ok":true,"payload":{"ok":true}}"#;
/// Length of the ids that the load program sends, about.
const ID_BYTES: usize = 4;

impl Texts {
    /// Pads each frame to the size asked for.
    pub fn new(options: &Options) -> Self {
        let hello = padded(
            br#"","ok":true,"payload":{"type":"hello-ok","protocol":4,"server":{"version":"limit","connId":"limit"},"features":{"methods":[""#,
            options.hello_bytes.saturating_sub(RESPONSE.len() + "connect".len()),
            br#""],"events":[]},"snapshot":{"presence":[],"health":{"ok":true},"stateVersion":{"presence":1,"health":1},"uptimeMs":1},"policy":{"maxPayload":26214400,"maxBufferedBytes":52428800,"tickIntervalMs":30000}}}"#,
        );
        let health = padded(
            br#"","ok":true,"payload":{"ok":true,"pad":""#,
            options.health_bytes.saturating_sub(RESPONSE.len() + ID_BYTES),
            br#""}}"#,
        );
        let body = padded(br#"{"ok":true,"pad":""#, options.healthz_bytes, br#""}"#);
        let mut healthz = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        healthz.extend_from_slice(&body);
        Self { hello, health, healthz, event_bytes: options.event_bytes }
    }

    /// A presence event up to its `seq`, padded to the size asked for when it is shorter.
    pub fn presence(&self, text: &[u8]) -> Vec<u8> {
        // The first number and the closing brace are part of the frame.
        let bare = PRESENCE.len() + PRESENCE_TEXT.len() + PRESENCE_END.len() + 2 + text.len();
        let mut out = Vec::with_capacity(bare.max(self.event_bytes));
        out.extend_from_slice(PRESENCE);
        out.resize(out.len() + self.event_bytes.saturating_sub(bare), b'x');
        for part in [PRESENCE_TEXT, text, PRESENCE_END] {
            out.extend_from_slice(part);
        }
        out
    }
}

const PRESENCE: &[u8] =
    br#"{"type":"event","event":"presence","payload":{"presence":[{"ts":1795217389150,"pad":""#;
const PRESENCE_TEXT: &[u8] = br#"","text":""#;
const PRESENCE_END: &[u8] = br#""}]},"stateVersion":{"presence":1,"health":1},"seq":"#;

fn padded(before: &[u8], total: usize, after: &[u8]) -> Vec<u8> {
    let pad = total.saturating_sub(before.len() + after.len());
    let mut out = Vec::with_capacity(before.len() + pad + after.len());
    out.extend_from_slice(before);
    out.resize(before.len() + pad, b'x');
    out.extend_from_slice(after);
    out
}

/// A final `chat` event up to its `seq`.
pub fn chat_final(run: &[u8], session: &[u8], text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(220 + run.len() + session.len() + text.len());
    out.extend_from_slice(br#"{"type":"event","event":"chat","payload":{"runId":""#);
    out.extend_from_slice(run);
    out.extend_from_slice(br#"","sessionKey":""#);
    out.extend_from_slice(session);
    out.extend_from_slice(
        br#"","seq":1,"state":"final","message":{"role":"assistant","content":[{"type":"text","text":""#,
    );
    out.extend_from_slice(text);
    out.extend_from_slice(br#""}]}},"seq":"#);
    out
}

/// A tick up to its `seq`.
pub fn tick(at_ms: u128) -> Vec<u8> {
    format!(r#"{{"type":"event","event":"tick","payload":{{"ts":{at_ms}}},"seq":"#).into_bytes()
}
