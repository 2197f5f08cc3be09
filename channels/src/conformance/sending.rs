//! Checks of what goes out.

use std::time::Duration;

use super::journal::Memory;
use super::{Fault, Received, Rig, Trial, Verdict, ensure, text};
use crate::channel::Ability;
use crate::outbound::{Action, Button, Card, Failure, Media, MediaKind, Poll, Receipt, Retry, SendError};

/// The names of the checks.
pub(super) const CHECKS: [&str; 8] = [
    "a text arrives once and in order",
    "a message is edited and removed",
    "a reaction and a file arrive",
    "what the platform cannot do is not tried",
    "a limit carries its time",
    "what surely did not happen is said so",
    "what may have happened is unknown",
    "the same key is sent once where that is promised",
];

/// Runs the check of this name.
pub(super) async fn check<R: Rig>(name: &str, trial: &mut Trial<R>) -> Verdict {
    let journal = Memory::default();
    let act = async |trial: &mut Trial<R>| {
        trial.connected(&journal).await?;
        match CHECKS.iter().position(|known| *known == name) {
            Some(0) => texts(trial).await,
            Some(1) => edits(trial).await,
            Some(2) => reactions_and_files(trial).await,
            Some(3) => unsupported(trial).await,
            Some(4) => limited(trial).await,
            Some(5) => definite(trial).await,
            Some(6) => unknown(trial).await,
            Some(7) => once(trial).await,
            _ => Err("there is no such check".to_owned()),
        }
    };
    trial.listening(&journal, act).await
}

async fn texts<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let mut wanted = Vec::new();
    for n in 0..5 {
        let said = format!("answer {n}: 1 < 2 & so");
        let receipt = trial.succeed(&format!("text-{n}"), text(&said)).await?;
        let message = receipt.message.ok_or("the receipt of a text names no message")?;
        wanted.push(Received::Text { message, text: said });
    }
    let received = trial.rig.received().await;
    ensure(received == wanted, || format!("the platform has {received:?}, not {wanted:?}"))
}

async fn edits<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let message = sent(trial, "edit-0", "first").await?;
    let mut wanted = vec![Received::Text { message: message.clone(), text: "first".to_owned() }];
    if can(trial, Ability::Edit) {
        let edit = Action::Edit { message: message.clone(), text: "second".to_owned(), buttons: Vec::new() };
        trial.succeed("edit-1", edit.clone()).await?;
        trial.succeed("edit-2", edit).await.map_err(|error| format!("an edit without a change: {error}"))?;
        wanted.push(Received::Edited { message: message.clone(), text: "second".to_owned() });
    }
    if can(trial, Ability::Delete) {
        trial.succeed("edit-3", Action::Delete { message: message.clone() }).await?;
        wanted.push(Received::Deleted(message));
    }
    let mut received = trial.rig.received().await;
    received.dedup();
    ensure(received == wanted, || format!("the platform has {received:?}, not {wanted:?}"))
}

async fn reactions_and_files<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let message = sent(trial, "react-0", "a message").await?;
    let mut wanted = vec![Received::Text { message: message.clone(), text: "a message".to_owned() }];
    if can(trial, Ability::React) {
        let emoji = Some("👍".to_owned());
        trial.succeed("react-1", Action::React { message: message.clone(), emoji: emoji.clone() }).await?;
        wanted.push(Received::Reacted { message, emoji });
    }
    if can(trial, Ability::Media) {
        let path = std::env::temp_dir().join(format!("landline-conformance-{}.txt", std::process::id()));
        tokio::fs::write(&path, "a file").await.map_err(|error| format!("cannot write a file: {error}"))?;
        let file = Media { kind: MediaKind::Document, path: path.clone(), name: "notes.txt".to_owned() };
        let action =
            Action::Media { files: vec![file], caption: String::new(), reply_to: None, silent: false };
        let done = trial.succeed("react-2", action).await;
        let _ = tokio::fs::remove_file(&path).await;
        done?;
        wanted.push(Received::Media(vec!["notes.txt".to_owned()]));
    }
    if can(trial, Ability::Typing) {
        trial.succeed("react-3", Action::Typing).await?;
    }
    let received = trial.rig.received().await;
    ensure(received == wanted, || format!("the platform has {received:?}, not {wanted:?}"))
}

async fn unsupported<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let message = "1".to_owned();
    let buttons = vec![vec![Button { label: "Yes".to_owned(), data: "y".to_owned() }]];
    let poll = Poll {
        question: "Which?".to_owned(),
        options: vec!["a".to_owned(), "b".to_owned()],
        multiple: false,
        anonymous: false,
        seconds: None,
    };
    let actions = [
        Action::Edit { message: message.clone(), text: "x".to_owned(), buttons: Vec::new() },
        Action::Delete { message: message.clone() },
        Action::React { message: message.clone(), emoji: None },
        Action::Typing,
        Action::Media { files: Vec::new(), caption: String::new(), reply_to: None, silent: false },
        Action::Text { text: "x".to_owned(), reply_to: None, buttons, silent: false },
        Action::Poll(poll),
        Action::Pin { message, pinned: true },
        Action::Thread { title: "x".to_owned(), message: None },
        Action::Read { before: None, limit: 1 },
        Action::Menu { commands: Vec::new() },
        Action::Cards {
            intro: String::new(),
            cards: vec![Card { title: "x".to_owned(), text: "y".to_owned() }],
            message: None,
            reply_to: None,
            silent: false,
        },
    ];
    for action in actions {
        let missing = action.needs().filter(|ability| !can(trial, *ability));
        if let Some(ability) = missing {
            let result = trial.send("unsupported", action).await;
            let wanted = failed(&result, Failure::Unsupported, Retry::Never);
            ensure(wanted, || {
                format!("{ability} is not among the abilities, and asking for it gave {result:?}")
            })?;
        }
    }
    let received = trial.rig.received().await;
    ensure(received.is_empty(), || format!("the platform was asked all the same: {received:?}"))
}

async fn limited<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let time = Duration::from_secs(3);
    if !trial.rig.fail_next(Fault::Limited(time)).await {
        trial.skip("too many requests");
        return Ok(());
    }
    let result = trial.send("limited", text("too much")).await;
    ensure(failed(&result, Failure::Limited, Retry::after(time)), || {
        format!("the platform asked to wait 3 s and the error is {result:?}")
    })?;
    sent(trial, "limited", "too much").await.map(drop)?;
    ensure(trial.rig.received().await.len() == 1, || "it arrived more than once".to_owned())
}

async fn definite<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    let cases = [
        (Fault::Away, Failure::Away, Retry::Later),
        (Fault::Refused, Failure::Refused, Retry::Never),
        (Fault::Gone, Failure::Gone, Retry::Never),
    ];
    for (fault, failure, retry) in cases {
        if !trial.rig.fail_next(fault).await {
            trial.skip(format!("{fault:?}"));
            continue;
        }
        let result = trial.send("definite", text("nothing")).await;
        ensure(failed(&result, failure, retry), || format!("{fault:?} gave {result:?}"))?;
        let received = trial.rig.received().await;
        ensure(received.is_empty(), || format!("after {fault:?} the platform has {received:?}"))?;
    }
    sent(trial, "definite", "at last").await.map(drop)
}

async fn unknown<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    for (fault, count) in [(Fault::CutBefore, 0), (Fault::CutAfter, 1)] {
        if !trial.rig.fail_next(fault).await {
            trial.skip(format!("{fault:?}"));
            continue;
        }
        let result = reached(trial, &format!("unknown-{count}"), "perhaps").await;
        let unknown = result.as_ref().is_err_and(|error| error.failure == Failure::Unknown);
        ensure(unknown, || format!("{fault:?} gave {result:?}, though nobody knows what happened"))?;
        let received = trial.rig.received().await;
        ensure(received.len() == count, || format!("after {fault:?} the platform has {received:?}"))?;
    }
    Ok(())
}

async fn once<R: Rig>(trial: &mut Trial<R>) -> Verdict {
    if !can(trial, Ability::SendOnce) {
        trial.skip("sending once");
        return Ok(());
    }
    let first = sent(trial, "once", "one").await?;
    let second = sent(trial, "once", "one").await?;
    ensure(first == second, || format!("the same key made {first} and {second}"))?;
    if trial.rig.fail_next(Fault::CutAfter).await {
        let _ = trial.send("once-2", text("two")).await;
        sent(trial, "once-2", "two").await?;
    }
    let received = trial.rig.received().await;
    ensure(received.len() <= 2, || format!("the same key made {received:?}"))
}

async fn sent<R: Rig>(trial: &Trial<R>, key: &str, said: &str) -> Result<String, String> {
    let receipt = reached(trial, key, said).await.map_err(|error| format!("a text failed: {error:?}"))?;
    receipt.message.ok_or_else(|| "the receipt of a text names no message".to_owned())
}

/// Sends a text; a channel whose connection just broke gets a moment, and one that has to wait its time, as the outbox
/// gives it.
async fn reached<R: Rig>(trial: &Trial<R>, key: &str, said: &str) -> Result<Receipt, SendError> {
    let mut result = trial.send(key, text(said)).await;
    for _ in 0..RETRIES {
        let wait = match &result {
            Err(SendError { failure: Failure::Away, retry: Retry::Later, .. }) => super::PAUSE,
            Err(SendError { failure: Failure::Limited, retry: Retry::After(time), .. }) => {
                Duration::from_millis(*time)
            }
            _ => break,
        };
        tokio::time::sleep(wait).await;
        result = trial.send(key, text(said)).await;
    }
    result
}

fn can<R: Rig>(trial: &Trial<R>, ability: Ability) -> bool {
    trial.rig.channel().traits().abilities.contains(ability)
}

fn failed<T>(result: &Result<T, SendError>, failure: Failure, retry: Retry) -> bool {
    result.as_ref().is_err_and(|error| error.failure == failure && error.retry == retry)
}

const RETRIES: u32 = 200;
