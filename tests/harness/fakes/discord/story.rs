//! What the bot did, for people to read: the calls that changed something, channel by channel.

use std::fmt::Write as _;

use serde_json::Value;

use super::FakeDiscord;
use super::transcript::Call;

impl FakeDiscord {
    /// Returns what the bot did in each channel, in order, with all that was sent.
    pub fn story(&self) -> String {
        self.story_of(|_| true)
    }

    /// The same of some calls only.
    pub fn story_of(&self, which: impl Fn(&Call) -> bool) -> String {
        let mut places: Vec<(String, String)> = Vec::new();
        for call in self.calls().into_iter().filter(|call| told(call) && which(call)) {
            let mut parts = call.path.trim_start_matches('/').splitn(3, '/');
            let (kind, id) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            // Interactions and their later answers have a place of their own; which channel it was, is not said.
            let place = if kind == "channels" { format!("channel {id}") } else { "interactions".to_owned() };
            let at = places.iter().position(|(known, _)| *known == place).unwrap_or_else(|| {
                places.push((place, String::new()));
                places.len() - 1
            });
            tell(&mut places[at].1, &call, parts.next().unwrap_or_default());
        }
        places.sort_by_key(|(place, _)| place == "interactions");
        let mut story = String::new();
        for (place, told) in places {
            let _ = write!(story, "# {place}\n\n{told}");
        }
        story
    }
}

/// What says nothing to anybody is left out, and what depends on how long something takes.
fn told(call: &Call) -> bool {
    // People may see a message a moment before its call is answered.
    let done = call.status.map_or(call.fault.is_none(), |status| (200..300).contains(&status));
    let silent = call.method == "GET" || call.route.ends_with("/typing") || call.route.ends_with("/commands");
    done && !silent
}

fn tell(story: &mut String, call: &Call, rest: &str) {
    let path = rest.split('?').next().unwrap_or_default();
    let _ = writeln!(story, "{} {path}", call.method);
    lines(story, 1, "", &call.body);
    for (name, size) in &call.files {
        let _ = writeln!(story, "  the file {name}, {size} bytes");
    }
    story.push('\n');
}

fn lines(story: &mut String, depth: usize, name: &str, value: &Value) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Null if depth == 1 => {}
        Value::Object(fields) if name.is_empty() => {
            let unsteady = |name: &str| name == "nonce";
            for (name, value) in fields.iter().filter(|(name, _)| !unsteady(name)) {
                lines(story, depth, name, value);
            }
        }
        Value::Object(fields) if !fields.is_empty() => {
            let _ = writeln!(story, "{indent}{name}:");
            lines(story, depth + 1, "", &Value::Object(fields.clone()));
        }
        Value::String(text) if text.contains('\n') => {
            let _ = writeln!(story, "{indent}{name}:");
            for line in text.lines() {
                let _ = writeln!(story, "{}", format!("{indent}| {line}").trim_end());
            }
        }
        Value::String(text) => {
            let _ = writeln!(story, "{indent}{name}: {text}");
        }
        other => {
            let _ = writeln!(story, "{indent}{name}: {other}");
        }
    }
}
