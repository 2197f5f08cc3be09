//! Who may call what, as it is answered over the port: one golden line a method, one column a role and scope.

use std::fmt::Write as _;

use harness::{Gateway, Knock, Options};
use schemas::Scope;
use schemas::methods::Access;
use serde_json::{Value, json};

/// Refusals that a line survives; the next one closes it.
const SAFE_REFUSALS: usize = 9;

/// The columns: a connection each, and how it is called in the table's head.
fn columns(gateway: &Gateway) -> Vec<(String, Knock)> {
    let operator = |scopes: &[&str]| Knock::cli(gateway).scopes(scopes);
    let mut columns = vec![("none".to_owned(), operator(&[]))];
    let scopes = [
        Scope::Read,
        Scope::Write,
        Scope::Approvals,
        Scope::Questions,
        Scope::Pairing,
        Scope::Talk,
        Scope::TalkSecrets,
        Scope::Admin,
    ];
    for scope in scopes {
        let name = scope.to_string();
        columns.push((name.trim_start_matches("operator.").to_owned(), operator(&[&name])));
    }
    columns.push(("node".to_owned(), Knock::node(gateway)));
    columns
}

/// Says whether an answer is a refusal for want of a right.
fn is_refusal(answer: &Result<Value, Value>) -> bool {
    answer.as_ref().is_err_and(|error| {
        error["details"]["code"] == "MISSING_SCOPE"
            || error["message"].as_str().is_some_and(|text| text.starts_with("unauthorized role: "))
    })
}

/// Returns for each method whether this connection may call it.
async fn column(gateway: &Gateway, knock: &Knock) -> Vec<bool> {
    let mut client = knock.enter(gateway).await;
    let (mut refusals, mut allowed) = (0, Vec::new());
    for method in schemas::methods::all() {
        if refusals == SAFE_REFUSALS {
            client = knock.enter(gateway).await;
            refusals = 0;
        }
        // No method takes these params: what is let through fails on them instead of doing something.
        let answer = client.call(method.name, json!({ "noSuchParam": true })).await;
        let refused = is_refusal(&answer);
        refusals += usize::from(refused);
        allowed.push(!refused);
    }
    allowed
}

#[tokio::test]
async fn who_may_call_what_is_the_golden_table() {
    let gateway = Gateway::start(Options::default()).await;
    let columns = columns(&gateway);
    let mut text = format!("{:<30}", "method");
    let mut answers = Vec::new();
    for (name, knock) in &columns {
        let _ = write!(text, " {name}");
        answers.push(column(&gateway, knock).await);
    }
    text.push('\n');
    for (row, method) in schemas::methods::all().iter().enumerate() {
        let _ = write!(text, "{:<30}", method.name);
        for ((name, _), column) in columns.iter().zip(&answers) {
            let _ = write!(text, " {:<width$}", if column[row] { "yes" } else { "-" }, width = name.len());
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        let node = answers.last().expect("a column for nodes")[row];
        let anyone = method.access == Access::Anyone;
        assert_eq!(node, anyone || method.access == Access::Node, "{}", method.name);
        assert!(anyone || !answers[0][row], "{}: without a scope", method.name);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/rights.txt");
    if std::env::var_os("LANDLINE_BLESS").is_some() {
        std::fs::write(path, &text).expect("written");
    }
    let golden = std::fs::read_to_string(path).expect("tests/golden/rights.txt");
    assert_eq!(text, golden, "a right changed: read the difference, then LANDLINE_BLESS=1 writes it");
}
