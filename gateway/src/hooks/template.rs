//! Templates of webhooks: text with places for values of the payload, and nothing that could be run.

use serde_json::Value;

/// A template that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The way from the payload to a value.
    Value(Vec<Step>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {what}")]
pub(super) struct BadTemplate {
    /// Where, counted from 1.
    pub(super) at: usize,
    /// What is wrong.
    pub(super) what: &'static str,
}

/// Why a template could not be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfilled {
    /// The payload has no such value.
    #[error("the payload has no {0}")]
    Missing(String),
    /// It would be too long.
    #[error("the text would be longer than {LONGEST} bytes")]
    TooLong,
}

impl Template {
    /// Reads a template: `{{payload.a[0].b}}` and `{{payload["a b"]}}` name values, everything else is text.
    pub(super) fn read(text: &str) -> Result<Self, BadTemplate> {
        if text.len() > LONGEST_TEMPLATE {
            return Err(BadTemplate { at: LONGEST_TEMPLATE, what: "a template has 16384 bytes at most" });
        }
        let (mut pieces, mut rest) = (Vec::new(), text);
        while let Some(start) = rest.find("{{") {
            if start > 0 {
                pieces.push(Piece::Text(rest[..start].to_owned()));
            }
            let at = |inner: &str| text[..text.len() - inner.len()].chars().count() + 1;
            let inner = &rest[start + 2..];
            let (path, after) = path(inner).map_err(|(inner, what)| BadTemplate { at: at(inner), what })?;
            pieces.push(Piece::Value(path));
            if pieces.len() > MOST_PIECES {
                return Err(BadTemplate { at: at(inner), what: "a template names 100 values at most" });
            }
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// Fills the template. Texts go in as they are, everything else as JSON; a value that is not there is nothing
    /// if `lenient`.
    pub(super) fn fill(&self, payload: &Value, lenient: bool) -> Result<String, Unfilled> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Value(path) => match find(payload, path) {
                    Some(Value::String(text)) => filled.push_str(text),
                    Some(value) => filled.push_str(&value.to_string()),
                    None if lenient => {}
                    None => return Err(Unfilled::Missing(shown(path))),
                },
            }
            if filled.len() > LONGEST {
                return Err(Unfilled::TooLong);
            }
        }
        Ok(filled)
    }
}

fn find<'a>(payload: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(payload, |value, step| match step {
        Step::Name(name) => value.as_object()?.get(name),
        Step::Index(index) => value.as_array()?.get(*index),
    })
}

fn shown(path: &[Step]) -> String {
    path.iter().fold("payload".to_owned(), |shown, step| match step {
        Step::Name(name) => format!("{shown}.{name}"),
        Step::Index(index) => format!("{shown}[{index}]"),
    })
}

type Broken<'a> = (&'a str, &'static str);

/// Reads what stands between the braces and returns what follows them.
fn path(text: &str) -> Result<(Vec<Step>, &str), Broken<'_>> {
    let begin = text.trim_start();
    let mut rest = begin.strip_prefix("payload").ok_or((begin, "a value begins with `payload`"))?;
    let mut steps = Vec::new();
    loop {
        if let Some(after) = rest.trim_start().strip_prefix("}}") {
            return Ok((steps, after));
        }
        if steps.len() == DEEPEST {
            return Err((rest, "a value lies 32 steps deep at most"));
        }
        let (step, after) = step(rest)?;
        steps.push(step);
        rest = after;
    }
}

fn step(rest: &str) -> Result<(Step, &str), Broken<'_>> {
    if let Some(name) = rest.strip_prefix('.') {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
        let end = name.find(|c| !fits(c)).unwrap_or(name.len());
        if end == 0 {
            return Err((name, "after a dot stands a name"));
        }
        return Ok((Step::Name(name[..end].to_owned()), &name[end..]));
    }
    let Some(inner) = rest.strip_prefix('[') else {
        return Err((rest, "write .name, [0], [\"name\"] or }}"));
    };
    if let Some(quoted) = inner.strip_prefix('"') {
        let end = quoted.find('"').ok_or((inner, "the quotation mark is not closed"))?;
        let after = &quoted[end + 1..];
        let after = after.strip_prefix(']').ok_or((after, "a bracket is to be closed"))?;
        return Ok((Step::Name(quoted[..end].to_owned()), after));
    }
    let end = inner.find(']').ok_or((inner, "the bracket is not closed"))?;
    let digits = &inner[..end];
    let number = (digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().ok())
        .flatten();
    let index = number.ok_or((inner, "in brackets stands a number, or a name in quotation marks"))?;
    Ok((Step::Index(index), &inner[end + 1..]))
}

const LONGEST_TEMPLATE: usize = 16 * 1024;
/// Bytes of a filled template.
const LONGEST: usize = 256 * 1024;
const MOST_PIECES: usize = 201;
const DEEPEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn fill(template: &str, payload: &Value) -> Result<String, Unfilled> {
        Template::read(template).expect(template).fill(payload, false)
    }

    #[test]
    fn values_are_found_by_name_and_number() {
        let payload = json!({ "a": [{ "b": "x" }, 7, null], "c d": true, "e": { "f": [1] } });
        let text = "{{payload.a[0].b}} {{ payload.a[1] }} {{payload.a[2]}} {{payload[\"c d\"]}} {{payload.e}} { } }}";
        assert_eq!(fill(text, &payload).as_deref(), Ok("x 7 null true {\"f\":[1]} { } }}"));
        assert_eq!(fill("{{payload}}", &json!([1])).as_deref(), Ok("[1]"));
    }

    #[test]
    fn what_is_not_in_the_payload_is_not_there() {
        let payload = json!({ "a": "text" });
        for path in ["constructor", "__proto__", "a.length", "a[0]", "toString", "a.b"] {
            let template = format!("{{{{payload.{path}}}}}");
            assert!(matches!(fill(&template, &payload), Err(Unfilled::Missing(_))), "{path}");
            assert_eq!(Template::read(&template).expect("one").fill(&payload, true).as_deref(), Ok(""));
        }
    }

    #[test]
    fn what_is_no_template_says_where() {
        let refused = |text: &str| Template::read(text).expect_err(text).to_string();
        assert!(refused("{{process.env}}").starts_with("at character 3: a value begins"));
        assert!(refused("ab {{payload.}}").starts_with("at character 14"));
        for text in
            ["{{payload", "{{payload.a b}}", "{{payload[x]}}", "{{payload[-1]}}", "{{payload[\"a}}", "{{}}"]
        {
            refused(text);
        }
        refused(&format!("{{{{payload{}}}}}", ".a".repeat(40)));
        refused(&"{{payload}}".repeat(300));
    }

    #[test]
    fn a_value_cannot_bring_a_place_of_its_own() {
        let payload = json!({ "a": "{{payload.secret}}", "secret": "s" });
        assert_eq!(fill("{{payload.a}}", &payload).as_deref(), Ok("{{payload.secret}}"));
    }

    #[test]
    fn a_text_does_not_grow_without_end() {
        let payload = json!({ "a": "x".repeat(100_000) });
        assert_eq!(fill(&"{{payload.a}}".repeat(3), &payload), Err(Unfilled::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[{}\\[\\]\"payload.a0 äß]{0,60}") {
            if let Ok(template) = Template::read(&text) {
                let _ = template.fill(&json!({ "a": [1, { "b": 2 }] }), true);
            }
        }

        #[test]
        fn text_without_places_stays_as_it_is(text in "[^{]{0,200}") {
            prop_assert_eq!(fill(&text, &Value::Null), Ok(text));
        }
    }
}
