//! What failed calls mean.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::discord::fault::{Fault, Waiting};
use crate::outbound::{Failure, Retry};

fn judge(status: u16, body: &Value) -> (Failure, Retry) {
    let fault = Fault::judge(
        StatusCode::from_u16(status).unwrap(),
        Waiting::default(),
        body.to_string().as_bytes(),
        true,
    );
    (fault.error.failure, fault.error.retry)
}

#[test]
fn each_answer_says_whether_it_was_done_and_whether_to_try_again() {
    let body = |code: u64| json!({"message": "m", "code": code});
    for (status, body, expected) in [
        (429, json!({"retry_after": 1.5, "global": false}), (Failure::Limited, Retry::After(1500))),
        (401, body(0), (Failure::Refused, Retry::Never)),
        (403, body(50_001), (Failure::Gone, Retry::Never)),
        (403, body(50_013), (Failure::Gone, Retry::Never)),
        (403, body(50_007), (Failure::Gone, Retry::Never)),
        (403, body(90_001), (Failure::Refused, Retry::Never)),
        (404, body(10_003), (Failure::Gone, Retry::Never)),
        (404, body(10_008), (Failure::Gone, Retry::Never)),
        (400, body(50_035), (Failure::Refused, Retry::Never)),
        (500, body(0), (Failure::Away, Retry::Later)),
        (503, body(0), (Failure::Away, Retry::Later)),
        (502, Value::Null, (Failure::Unknown, Retry::Later)),
        (504, Value::Null, (Failure::Unknown, Retry::Later)),
    ] {
        assert_eq!(judge(status, &body), expected, "{status} {body}");
    }
    let once = Fault::judge(StatusCode::BAD_GATEWAY, Waiting::default(), b"<html>", false);
    assert_eq!((once.error.failure, once.error.retry), (Failure::Unknown, Retry::Never));
}

#[test]
fn a_wait_is_taken_from_the_body_or_the_header_and_bounded() {
    let header = |text, body: &[u8]| {
        let waiting = Waiting { retry_after: Some(text), global: true };
        let fault = Fault::judge(StatusCode::TOO_MANY_REQUESTS, waiting, body, true);
        assert!(fault.everything);
        fault.error.retry
    };
    assert_eq!(header("3", b"<html>"), Retry::After(3000));
    assert_eq!(header("3", br#"{"retry_after":0.25}"#), Retry::After(250));
    assert_eq!(header("-1", b""), Retry::After(1000));
    assert_eq!(header("nan", br#"{"retry_after":1e300}"#), Retry::After(86_400_000));
}

#[test]
fn the_first_wrong_field_is_named() {
    let body = json!({"code": 50_035, "message": "Invalid Form Body",
        "errors": {"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer"}]}}});
    let body = body.to_string();
    let fault = Fault::judge(StatusCode::BAD_REQUEST, Waiting::default(), body.as_bytes(), true);
    assert!(
        fault.error.text.contains("Invalid Form Body; content: Must be 2000 or fewer"),
        "{}",
        fault.error.text
    );
}
