//! The end of a task as things to do on a platform.

use channels::{Action, TextRules, text};
use nodes::executor::Failure;
use schemas::task::TaskState;

use crate::tasks::End;

/// What an answer has to fit to.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// The message that showed it while it was written.
    pub(super) draft: Option<String>,
    /// The message that it refers to.
    pub(super) reply_to: Option<String>,
    /// The token of the command that it answers.
    pub(super) token: Option<String>,
}

/// One thing to do for an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    /// Names it within the answer.
    pub(super) part: String,
    pub(super) action: Action,
    /// What to do when the platform refuses it.
    pub(super) instead: Option<Action>,
    pub(super) token: Option<String>,
}

/// Returns what a person is told of an end; `None`: nothing, because something else tells it.
///
/// `commanded` says that a command came after the message in the same conversation: its own answer says that
/// everything was stopped.
pub(super) fn words(end: &End, commanded: bool) -> Option<String> {
    let said = end.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let with = |note: &str| Some(said.map_or_else(|| note.to_owned(), |text| format!("{text}\n\n{note}")));
    match (end.state, &end.failure) {
        (TaskState::Cancelled, _) => match end.stop_reason.as_deref() {
            // The newer message is answered in its place.
            Some("interrupt") => None,
            Some("user") if commanded && said.is_none() => None,
            _ => with("Stopped before the answer was finished."),
        },
        (TaskState::Failed, Some(failure)) => with(&sentence(failure)),
        (TaskState::Failed, None) => with("This could not be answered."),
        _ => Some(said.unwrap_or("Done; there is nothing to say about it.").to_owned()),
    }
}

fn sentence(failure: &Failure) -> String {
    let text = failure.message.trim();
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}

/// Returns what to do to show `words`: the draft becomes the answer where it fits, else the answer is sent and the
/// draft is removed after it.
pub(super) fn actions(words: Option<&str>, shape: &Shape, rules: &TextRules) -> Vec<Step> {
    let parts = words.map(|words| text::split(words, rules)).unwrap_or_default();
    let whole = match (&shape.draft, parts.as_slice()) {
        (Some(draft), [only]) => Some((draft.clone(), only.clone())),
        _ => None,
    };
    if let Some((message, text)) = whole {
        let action = Action::Edit { message, text: text.clone(), buttons: Vec::new() };
        let instead = Some(said(text, shape.reply_to.clone()));
        return vec![Step { part: "0".into(), action, instead, token: shape.token.clone() }];
    }
    let first = |index: usize, value: &Option<String>| value.clone().filter(|_| index == 0);
    let mut steps: Vec<Step> = parts
        .into_iter()
        .enumerate()
        .map(|(index, text)| Step {
            part: index.to_string(),
            action: said(text, first(index, &shape.reply_to)),
            instead: None,
            token: first(index, &shape.token),
        })
        .collect();
    if let Some(message) = shape.draft.clone() {
        let action = Action::Delete { message };
        steps.push(Step { part: "draft".into(), action, instead: None, token: None });
    }
    steps
}

fn said(text: String, reply_to: Option<String>) -> Action {
    Action::Text { text, reply_to, buttons: Vec::new(), silent: false }
}

#[cfg(test)]
mod tests {
    use channels::Unit;
    use std::time::Duration;

    use super::*;

    const RULES: TextRules =
        TextRules { max: 100, unit: Unit::Utf16, max_lines: None, edit_interval: Duration::from_secs(1) };

    #[test]
    fn a_draft_becomes_the_answer_or_goes() {
        let shape = Shape { draft: Some("7".into()), reply_to: Some("3".into()), token: None };
        let steps = actions(Some("short"), &shape, &RULES);
        assert!(
            matches!(&steps[..], [Step { action: Action::Edit { message, .. }, instead: Some(_), .. }] if message == "7")
        );
        let long = "word ".repeat(60);
        let steps = actions(Some(&long), &shape, &RULES);
        assert!(steps.len() > 3);
        assert!(matches!(&steps[0].action, Action::Text { reply_to: Some(id), .. } if id == "3"));
        assert!(matches!(&steps[1].action, Action::Text { reply_to: None, .. }));
        assert!(matches!(&steps[steps.len() - 1].action, Action::Delete { message } if message == "7"));
        assert!(matches!(&actions(None, &shape, &RULES)[..], [Step { action: Action::Delete { .. }, .. }]));
        assert!(actions(None, &Shape::default(), &RULES).is_empty());
    }
}
