//! What each way of failing says about what Telegram has done, and that none of them shows the token.

use secrecy::SecretString;
use serde_json::json;

use super::server::{Reply, Server, fail, nobody, ok};
use super::{TOKEN, channel, on, pace_for, text, to};
use crate::channel::Channel as _;
use crate::outbound::{Action, Failure, Retry, SendError};
use crate::telegram::{Options, OptionsError, Telegram};

async fn failure(reply: Reply) -> SendError {
    let replies = vec![reply];
    let pace = pace_for(&replies);
    let server = Server::turns(replies);
    let error = on(&server).paced(pace).send(to("1", text("hi"))).await.unwrap_err();
    assert_eq!(server.seen().len(), 1, "one thing, once: {error}");
    assert!(!error.text.is_empty() && !error.text.contains("SECRET"), "{error}");
    error
}

async fn kind(reply: Reply) -> (Failure, Retry) {
    let error = failure(reply).await;
    (error.failure, error.retry)
}

#[tokio::test]
async fn what_may_have_been_done_is_unknown() {
    let unknown = (Failure::Unknown, Retry::Never);
    let replies = [
        Reply::Cut,
        Reply::Break,
        Reply::Stall,
        Reply::Other(502, "<html>Bad Gateway</html>"),
        Reply::Other(504, ""),
        Reply::Other(500, "oops"),
        Reply::Other(200, "not JSON"),
        Reply::Json(200, json!({ "result": 1 })),
        Reply::Json(200, json!([])),
    ];
    for reply in replies {
        assert_eq!(kind(reply).await, unknown);
    }
}

#[tokio::test]
async fn what_was_not_done_may_be_tried_later() {
    assert_eq!(kind(fail(500, "Internal Server Error")).await, (Failure::Away, Retry::Later));
    assert_eq!(kind(fail(502, "Bad Gateway")).await, (Failure::Away, Retry::Later));
    let limited = json!({ "ok": false, "error_code": 429, "description": "Too Many Requests: retry after 7",
        "parameters": { "retry_after": 7 } });
    assert_eq!(kind(Reply::Json(429, limited)).await, (Failure::Limited, Retry::After(7000)));
    assert_eq!(kind(Reply::Other(429, "slow down")).await, (Failure::Limited, Retry::Later));
    let error = channel(&nobody()).send(to("1", text("hi"))).await.unwrap_err();
    assert_eq!((error.failure, error.retry), (Failure::Away, Retry::Later), "{error}");
    assert!(error.text.starts_with("127.0.0.1 was not reached"), "{error}");
}

#[tokio::test]
async fn what_is_gone_is_not_tried_again() {
    for (code, words) in [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: bot was kicked from the supergroup chat"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: TOPIC_CLOSED"),
        (400, "Bad Request: TOPIC_DELETED"),
        (400, "Bad Request: message thread not found"),
        (400, "Bad Request: message to edit not found"),
        (400, "Bad Request: message can't be edited"),
    ] {
        assert_eq!(kind(fail(code, words)).await, (Failure::Gone, Retry::Never), "{words}");
    }
    for (code, words) in [
        (400, "Bad Request: message is too long"),
        (400, "Bad Request: not enough rights to send text messages to the chat"),
        (401, "Unauthorized"),
        (404, "Not Found"),
    ] {
        assert_eq!(kind(fail(code, words)).await, (Failure::Refused, Retry::Never), "{words}");
    }
    assert_eq!(kind(Reply::Other(404, "<html>")).await, (Failure::Refused, Retry::Never));
    assert_eq!(kind(Reply::Other(301, "")).await, (Failure::Refused, Retry::Never));
}

#[tokio::test]
async fn the_token_is_never_shown() {
    let echo = format!("Bad Request: what is /bot{TOKEN}/sendMessage");
    let error = failure(fail(400, &echo)).await;
    assert!(error.text.contains("/bot…/sendMessage"), "{error}");
    assert!(!format!("{error:?}").contains("SECRET"));
    let channel = channel("http://127.0.0.1:1");
    assert!(!format!("{channel:?}").contains("SECRET"), "{channel:?}");
    let fetch = Action::Fetch { file: "f".into(), path: "/nowhere/f".into(), limit: 1 };
    let error = channel.send(to("1", fetch)).await.unwrap_err();
    assert!(!error.text.contains("SECRET"), "{error}");
}

#[tokio::test]
async fn an_odd_success_is_a_success() {
    let server = Server::turns(vec![ok(json!(true))]);
    let receipt = on(&server).send(to("1", text("hi"))).await.unwrap();
    assert_eq!(receipt.message, None);
}

#[test]
fn options_that_make_no_address_are_refused() {
    let build = |token: &str, root: &str| {
        let token = SecretString::from(token);
        let client = crate::client().unwrap();
        Telegram::new(Options {
            account: "main".into(),
            token,
            api_root: Some(root.into()),
            webhook: None,
            client,
        })
        .err()
    };
    assert_eq!(build(TOKEN, "https://api.telegram.org/"), None);
    assert_eq!(build(TOKEN, "http://[::1]:8081/base"), None);
    for root in ["", "api.telegram.org", "ftp://host", "https://host?x=1", "https://host/#a"] {
        assert_eq!(build(TOKEN, root), Some(OptionsError::Root), "{root}");
    }
    for token in ["", "1:a b", "1:a\n", "1:a/../b", "1:ü"] {
        assert_eq!(build(token, "https://host"), Some(OptionsError::Token));
    }
}
