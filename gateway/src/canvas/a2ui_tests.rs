//! A2UI messages: what is taken, what is refused, and that replaying the state leads to the same state.

use proptest::prelude::*;

use super::*;

fn text(id: &str, words: &str) -> Value {
    json!({ "id": id, "component": { "Text": { "text": { "literalString": words } } } })
}

fn old(id: &str) -> Vec<Value> {
    vec![
        json!({ "surfaceUpdate": { "surfaceId": id, "components": [text("root", "one")] } }),
        json!({ "dataModelUpdate": { "surfaceId": id, "path": "/a", "contents": [{ "key": "b", "valueString": "c" }] } }),
        json!({ "beginRendering": { "surfaceId": id, "root": "root" } }),
    ]
}

fn create(id: &str) -> Value {
    json!({ "version": "v0.9", "createSurface": { "surfaceId": id, "catalogId": "basic" } })
}

#[test]
fn later_messages_cover_earlier_ones() {
    let surfaces = Surfaces::default().take(&old("s")).expect("taken");
    assert_eq!(surfaces.replay().len(), 3);
    let change = [
        json!({ "surfaceUpdate": { "surfaceId": "s", "components": [text("root", "two"), text("more", "x")] } }),
        json!({ "dataModelUpdate": { "surfaceId": "s", "path": "/a/", "contents": [] } }),
        json!({ "dataModelUpdate": { "surfaceId": "s", "path": "/ab", "contents": [] } }),
    ];
    let surfaces = surfaces.take(&change).expect("taken");
    let replay = surfaces.replay();
    assert_eq!(replay[0]["surfaceUpdate"]["components"].as_array().map(Vec::len), Some(2));
    assert_eq!(replay.len(), 4, "the second change of /a stands for the first: {replay:?}");
    let whole = [json!({ "dataModelUpdate": { "surfaceId": "s", "contents": [] } })];
    assert_eq!(surfaces.take(&whole).expect("taken").replay().len(), 3, "all data at once covers every path");
    let gone = [json!({ "deleteSurface": { "surfaceId": "s" } })];
    assert!(surfaces.take(&gone).expect("taken").is_empty());
}

#[test]
fn the_newer_version_is_kept_apart() {
    let push = [
        create("n"),
        json!({ "version": "v0.9", "updateComponents": { "surfaceId": "n", "components": [
            { "id": "root", "component": "Text", "text": "hi" }] } }),
        json!({ "version": "v0.9", "updateDataModel": { "surfaceId": "n", "path": "/x", "value": 1 } }),
        json!({ "version": "v0.9", "updateDataModel": { "surfaceId": "n", "path": "/x", "value": 2 } }),
    ];
    let surfaces = Surfaces::default().take(&push).expect("taken");
    let replay = surfaces.replay();
    assert_eq!(replay.len(), 3);
    assert_eq!((&replay[0], &replay[2]), (&push[0], &push[3]));
    assert!(surfaces.take(&[create("n")]).is_err(), "it exists");
    assert!(surfaces.take(&old("n")).is_err(), "it is of the newer version");
    let both = surfaces.take(&old("o")).expect("side by side");
    assert_eq!(both.replay().len(), 6);
}

#[test]
fn what_is_not_of_the_vocabulary_is_refused() {
    let refused = [
        json!(null),
        json!([]),
        json!({}),
        json!({ "beginRendering": {} }),
        json!({ "beginRendering": { "surfaceId": "s" } }),
        json!({ "beginRendering": { "surfaceId": "s", "root": "r" }, "deleteSurface": { "surfaceId": "s" } }),
        json!({ "version": "v0.8", "beginRendering": { "surfaceId": "s", "root": "r" } }),
        json!({ "version": "v0.9", "beginRendering": { "surfaceId": "s", "root": "r" } }),
        json!({ "createSurface": { "surfaceId": "s", "catalogId": "c" } }),
        json!({ "version": "v0.9", "createSurface": { "surfaceId": "s" } }),
        json!({ "version": "v0.9", "updateComponents": { "surfaceId": "s", "components": [] } }),
        json!({ "surfaceUpdate": { "surfaceId": "s" } }),
        json!({ "surfaceUpdate": { "surfaceId": "s", "components": [{}] } }),
        json!({ "surfaceUpdate": { "surfaceId": "s", "components": [{ "id": "x" }] } }),
        json!({ "surfaceUpdate": { "surfaceId": "x".repeat(129), "components": [text("a", "b")] } }),
        json!({ "dataModelUpdate": { "surfaceId": "s" } }),
        json!({ "dataModelUpdate": { "surfaceId": "s", "path": 1, "contents": [] } }),
        json!({ "runScript": { "surfaceId": "s" } }),
    ];
    for message in refused {
        let push = [old("good"), vec![message.clone()]].concat();
        assert!(matches!(Surfaces::default().take(&push), Err(BadMessages::Shape(3, _))), "{message}");
    }
    assert_eq!(Surfaces::default().take(&[]), Err(BadMessages::Count));
    let many = vec![json!({ "deleteSurface": { "surfaceId": "s" } }); MAX_A2UI_MESSAGES + 1];
    assert_eq!(Surfaces::default().take(&many), Err(BadMessages::Count));
}

#[test]
fn the_state_is_bounded() {
    let many: Vec<Value> = (0..=MAX_A2UI_SURFACES).map(|index| create(&index.to_string())).collect();
    assert_eq!(Surfaces::default().take(&many), Err(BadMessages::Full));
    let large = [
        json!({ "surfaceUpdate": { "surfaceId": "s", "components": [text("a", &"x".repeat(MAX_A2UI_BYTES))] } }),
    ];
    assert_eq!(Surfaces::default().take(&large), Err(BadMessages::Full));
    let mut surfaces = Surfaces::default();
    for round in 0..2000 {
        let change = [json!({ "dataModelUpdate": { "surfaceId": "s", "path": "/progress",
            "contents": [{ "key": ".", "valueNumber": round }] } })];
        surfaces = surfaces.take(&change).expect("a value that changes often takes no more room");
    }
    assert_eq!(surfaces.replay().len(), 2);
}

#[test]
fn lines_are_messages() {
    let text = "{\"deleteSurface\":{\"surfaceId\":\"s\"}}\n\n  {\"a\":1}\n";
    assert_eq!(lines(text).map(|lines| lines.len()), Ok(2));
    assert_eq!(lines("{}\nnope"), Err(BadMessages::Line(2)));
    assert_eq!(lines("[]"), Err(BadMessages::Line(1)));
}

fn message() -> impl Strategy<Value = Value> {
    let id = prop_oneof![Just("a"), Just("b")];
    let path = prop_oneof![Just("/"), Just("/x"), Just("/x/y"), Just("/xy")];
    (id, path, 0..8_u8, 0..3_u8).prop_map(|(id, path, kind, number)| match kind {
        0 => json!({ "beginRendering": { "surfaceId": id, "root": number.to_string() } }),
        1 | 2 => json!({ "surfaceUpdate": { "surfaceId": id, "components": [text(&number.to_string(), path)] } }),
        3 => json!({ "dataModelUpdate": { "surfaceId": id, "path": path, "contents": [{ "key": "k", "valueNumber": number }] } }),
        4 => json!({ "deleteSurface": { "surfaceId": id } }),
        5 => create(id),
        6 => json!({ "version": "v0.9", "updateComponents": { "surfaceId": id, "components": [
            { "id": number.to_string(), "component": "Text", "text": path }] } }),
        _ => json!({ "version": "v0.9", "updateDataModel": { "surfaceId": id, "path": path, "value": number } }),
    })
}

proptest! {
    #[test]
    fn a_page_opened_later_sees_the_same(messages in proptest::collection::vec(message(), 1..40)) {
        let mut surfaces = Surfaces::default();
        for message in messages {
            if let Ok(next) = surfaces.take(&[message]) {
                surfaces = next;
            }
        }
        let replay = surfaces.replay();
        let again = if replay.is_empty() { Ok(Surfaces::default()) } else { Surfaces::default().take(&replay) };
        prop_assert_eq!(again.as_ref().map(Surfaces::replay), Ok(replay));
        let kept = serde_json::to_vec(&surfaces).expect("JSON");
        prop_assert_eq!(serde_json::from_slice::<Surfaces>(&kept).expect("JSON"), surfaces);
    }
}
