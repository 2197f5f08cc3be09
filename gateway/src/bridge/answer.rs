//! The end of a task as things to do on a platform.

use channels::{Ability, Action, Traits, text};
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
    /// Whether it makes no sound.
    pub(super) silent: bool,
}

/// One thing to do for an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    /// Names it within the answer.
    pub(super) part: String,
    pub(super) action: Action,
    /// What to do, one after the other, when the platform refuses it.
    pub(super) instead: Vec<Action>,
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
pub(super) fn actions(words: Option<&str>, shape: &Shape, traits: &Traits) -> Vec<Step> {
    let mut messages = words.map(|words| messages(words, shape, traits)).unwrap_or_default();
    let first = |index: usize, value: &Option<String>| value.clone().filter(|_| index == 0);
    let becomes = messages.len() == 1;
    if let (Some(draft), [only]) = (&shape.draft, messages.as_mut_slice()) {
        become_of(draft, only);
    }
    let mut steps: Vec<Step> = messages
        .into_iter()
        .enumerate()
        .map(|(index, message)| Step {
            part: index.to_string(),
            action: message.action,
            instead: message.instead,
            token: first(index, &shape.token),
        })
        .collect();
    if let Some(message) = shape.draft.clone().filter(|_| !becomes) {
        let action = Action::Delete { message };
        steps.push(Step { part: "draft".into(), action, instead: Vec::new(), token: None });
    }
    steps
}

/// One message of a text, and what to send when the platform refuses it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    pub(super) action: Action,
    pub(super) instead: Vec<Action>,
}

/// Returns a text as messages: cards where it is long, has sections and the platform shows them, else plain pieces.
pub(super) fn messages(words: &str, shape: &Shape, traits: &Traits) -> Vec<Message> {
    let reply = |first: bool| shape.reply_to.clone().filter(|_| first);
    let pieces = |text: &str, first: bool| -> Vec<Action> {
        let pieces = text::split(text, &traits.text).into_iter().enumerate();
        pieces.map(|(index, text)| said(text, reply(first && index == 0), shape.silent)).collect()
    };
    let plain = pieces(words, true);
    let sheets = Some(words).filter(|_| traits.abilities.contains(Ability::Cards));
    let sheets = sheets.and_then(|words| text::cards(words, &traits.text, &text::CARDS));
    // Of very many short sections cards would make more messages, not fewer.
    let Some(sheets) = sheets.filter(|sheets| sheets.len() <= plain.len()) else {
        return plain.into_iter().map(|action| Message { action, instead: Vec::new() }).collect();
    };
    let message = |(index, sheet): (usize, text::Sheet)| Message {
        instead: pieces(&sheet.source, index == 0),
        action: Action::Cards {
            intro: sheet.intro,
            cards: sheet.cards,
            message: None,
            reply_to: reply(index == 0),
            silent: shape.silent,
        },
    };
    sheets.into_iter().enumerate().map(message).collect()
}

/// Has the draft turned into the only message of an answer. Where that is refused, the answer is sent; a draft that
/// would only lack its cards goes then.
fn become_of(draft: &str, only: &mut Message) {
    match &mut only.action {
        Action::Cards { message, reply_to, .. } => {
            *message = Some(draft.to_owned());
            *reply_to = None;
            only.instead.push(Action::Delete { message: draft.to_owned() });
        }
        Action::Text { text, .. } => {
            let edit = Action::Edit { message: draft.to_owned(), text: text.clone(), buttons: Vec::new() };
            only.instead = vec![std::mem::replace(&mut only.action, edit)];
        }
        _ => {}
    }
}

fn said(text: String, reply_to: Option<String>, silent: bool) -> Action {
    Action::Text { text, reply_to, buttons: Vec::new(), silent }
}

#[cfg(test)]
mod tests {
    use channels::loopback::Loopback;
    use channels::{Channel as _, TextRules};

    use super::*;

    fn traits() -> Traits {
        let known = Loopback::new().traits();
        Traits { text: TextRules { max: 100, ..known.text }, ..known }
    }

    #[test]
    fn a_draft_becomes_the_answer_or_goes() {
        let shape = Shape { draft: Some("7".into()), reply_to: Some("3".into()), token: None, silent: false };
        let steps = actions(Some("short"), &shape, &traits());
        assert!(
            matches!(&steps[..], [Step { action: Action::Edit { message, .. }, instead, .. }] if !instead.is_empty() && message == "7")
        );
        let long = "word ".repeat(60);
        let steps = actions(Some(&long), &shape, &traits());
        assert!(steps.len() > 3);
        assert!(matches!(&steps[0].action, Action::Text { reply_to: Some(id), .. } if id == "3"));
        assert!(matches!(&steps[1].action, Action::Text { reply_to: None, .. }));
        assert!(matches!(&steps[steps.len() - 1].action, Action::Delete { message } if message == "7"));
        assert!(matches!(
            &actions(None, &shape, &traits())[..],
            [Step { action: Action::Delete { .. }, .. }]
        ));
        assert!(actions(None, &Shape::default(), &traits()).is_empty());
    }

    #[test]
    fn a_long_answer_with_sections_is_cards_and_its_words_if_they_are_refused() {
        let text = format!("# A\n{0}\n\n# B\n{0}", "word ".repeat(30));
        let shape = Shape { draft: Some("7".into()), reply_to: Some("3".into()), ..Shape::default() };
        let steps = actions(Some(&text), &shape, &traits());
        let [Step { action: Action::Cards { message: Some(draft), cards, .. }, instead, .. }] = &steps[..]
        else {
            panic!("{steps:?}")
        };
        assert_eq!((draft.as_str(), cards.len()), ("7", 2));
        assert!(matches!(&instead[0], Action::Text { reply_to: Some(id), .. } if id == "3"));
        assert!(matches!(&instead[instead.len() - 1], Action::Delete { message } if message == "7"));
        let longer = format!("{text}\n\n# C\n{}", "word ".repeat(1900));
        let steps = actions(Some(&longer), &shape, &traits());
        assert!(matches!(&steps[0].action, Action::Cards { message: None, reply_to: Some(_), .. }));
        assert!(matches!(&steps[steps.len() - 1].action, Action::Delete { .. }));
        let plain = Traits { abilities: traits().abilities - Ability::Cards, ..traits() };
        let steps = actions(Some(&text), &Shape::default(), &plain);
        assert!(steps.len() > 3 && steps.iter().all(|step| matches!(step.action, Action::Text { .. })));
    }
}
