//! Tests of the exported schemas: they are valid, complete, and agree with what serde reads.

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Validator, draft202012};
use proptest::prelude::*;

use super::*;
use crate::methods::agents::{Agent, ModelsList};
use crate::methods::approvals::ExecApprovalResolve;
use crate::methods::chat::{ChatHistory, ChatSend};
use crate::methods::config::ConfigPatch;
use crate::methods::devices::{DevicePairSetupCode, DeviceTokenRotate};
use crate::methods::sessions::{SessionsPatch, SessionsPreview};
use crate::methods::system::{LogsTail, Wake};
use crate::methods::tasks::TasksList;

#[test]
fn the_document_is_a_schema_without_loose_ends() {
    let document = document();
    draft202012::meta::validate(&document).expect("a valid schema");
    let text = document.to_string();
    for (at, _) in text.match_indices("\"#/$defs/") {
        let name = text[at + 9..].split('"').next().expect("a name");
        assert!(document["$defs"].get(name).is_some(), "{name} is referred to but not defined");
    }
    assert_eq!(document["methods"].as_object().map(Map::len), Some(methods::all().len()));
}

/// A type that clients send and the gateway sends back has one name in the document, so it must have one shape.
#[test]
fn shared_types_have_one_shape() {
    let (mut inbound, mut outbound) = (inbound(), outbound());
    for method in methods::all() {
        (method.params)(&mut inbound);
        (method.output)(&mut outbound);
    }
    let sent = outbound.take_definitions(true);
    for (name, schema) in inbound.take_definitions(true) {
        let same = |other: &Value| shape(other.clone()) == shape(schema.clone());
        assert!(
            sent.get(&name).is_none_or(same),
            "{name} has two shapes: {schema} and {:?}",
            sent.get(&name)
        );
    }
}

/// Returns a schema without what only who reads needs to know: what an absent field counts as, and that it may be null.
fn shape(mut schema: Value) -> Value {
    if let Some(Value::Array(kinds)) = schema.get_mut("oneOf") {
        for kind in kinds {
            *kind = shape(kind.take());
        }
    }
    for field in schema["properties"].as_object_mut().into_iter().flat_map(|fields| fields.values_mut()) {
        let Some(field) = field.as_object_mut() else { continue };
        field.remove("default");
        if let Some(Value::Array(kinds)) = field.get("type")
            && let [kind, Value::String(null)] = &kinds[..]
            && null == "null"
        {
            let kind = kind.clone();
            field.insert("type".into(), kind);
        }
        let null = json!({"type": "null"});
        if let Some(Value::Array(kinds)) = field.get("anyOf")
            && let [Value::Object(kind), other] = &kinds[..]
            && *other == null
        {
            let kind = kind.clone();
            field.remove("anyOf");
            field.extend(kind);
        }
    }
    schema
}

#[test]
fn frames_satisfy_the_document() {
    let schema = draft202012::new(&document()).expect("a schema");
    for good in [
        json!({"type": "req", "id": "1", "method": "health"}),
        json!({"type": "res", "id": "1", "ok": true, "payload": {}}),
        json!({"type": "res", "id": "1", "ok": false, "error": {"code": "NOT_FOUND", "message": "no"}}),
        json!({"type": "event", "event": "tick", "payload": {"ts": 1}, "seq": 1}),
    ] {
        assert!(schema.is_valid(&good), "{good}");
    }
    assert!(!schema.is_valid(&json!({"type": "req", "id": "", "method": "health"})));
    assert!(!schema.is_valid(&json!({"type": "other", "id": "1"})));
}

#[test]
fn connect_tolerates_fields_of_newer_clients() {
    let schema = draft202012::new(&connect_schema()).expect("a schema");
    let client = json!({"id": "cli", "version": "1", "platform": "linux", "mode": "cli", "buildId": "x"});
    assert!(
        schema.is_valid(
            &json!({"minProtocol": 4, "maxProtocol": 4, "client": client, "modelCatalog": {"a": 1}})
        )
    );
    assert!(!schema.is_valid(&json!({"minProtocol": 0, "maxProtocol": 4, "client": client})));
}

#[test]
fn integers_end_where_their_type_ends() {
    let schema = draft202012::new(&params_schema::<SessionsPreview>()).expect("a schema");
    assert!(schema.is_valid(&json!({"keys": ["a"], "limit": 100})));
    assert!(!schema.is_valid(&json!({"keys": ["a"], "limit": -1})));
    let schema = draft202012::new(&params_schema::<ChatHistory>()).expect("a schema");
    assert!(schema.is_valid(&json!({"sessionKey": "a", "offset": u32::MAX})));
    assert!(!schema.is_valid(&json!({"sessionKey": "a", "offset": u64::from(u32::MAX) + 1})));
}

/// Says whether an error is about length or range, which only the schema knows.
fn is_bound(kind: &ValidationErrorKind) -> bool {
    use ValidationErrorKind as Kind;
    matches!(
        kind,
        Kind::MinLength { .. }
            | Kind::MaxLength { .. }
            | Kind::Minimum { .. }
            | Kind::Maximum { .. }
            | Kind::MinItems { .. }
            | Kind::MaxItems { .. }
    )
}

/// What the schema lets through, serde reads; what serde reads, the schema refuses only for length or range.
fn agree<M: Method>(schema: &Validator, value: &Value) -> Result<(), TestCaseError> {
    let read = serde_json::from_value::<M::Params>(value.clone());
    match read {
        Ok(_) => {
            let loose: Vec<_> = schema
                .iter_errors(value)
                .filter(|error| !is_bound(error.kind()))
                .map(|e| e.to_string())
                .collect();
            prop_assert!(loose.is_empty(), "{}: serde reads {value}, the schema says {loose:?}", M::NAME);
        }
        Err(error) => {
            prop_assert!(
                !schema.is_valid(value),
                "{}: the schema accepts {value}, serde says {error}",
                M::NAME
            );
        }
    }
    Ok(())
}

/// Field names and words of the schema, so that random values come near to valid ones.
fn words(schema: &Value, out: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                if key == "properties" {
                    out.extend(value.as_object().into_iter().flat_map(|fields| fields.keys().cloned()));
                }
                if let ("const", Some(word)) = (key.as_str(), value.as_str()) {
                    out.push(word.to_owned());
                }
                words(value, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, out)),
        _ => {}
    }
}

/// Returns objects of one level or two.
///
/// Three things are left out, because JSON Schema and serde differ there by design: numbers such as `1.0`,
/// which are integers to the schema only, arrays in place of objects, and `{"word": null}` in place of a word
/// of an enum, which serde alone would read.
fn objects(words: Vec<String>) -> impl Strategy<Value = Value> {
    let word = proptest::sample::select(words);
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![-3i64..2000, any::<i64>()].prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        Just(json!(0.5)),
        prop_oneof![word.clone(), "[ -~]{0,20}"].prop_map(Value::from),
    ];
    let object = |value: BoxedStrategy<Value>| {
        proptest::collection::btree_map(
            prop_oneof![20 => word.clone(), 1 => "[a-z]{1,6}".boxed()],
            value,
            0..7,
        )
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
    };
    let nested =
        object(scalar.clone().boxed()).prop_filter("an enum's word, written as an object", |value| {
            let fields = value.as_object().into_iter().flatten();
            !(fields.clone().count() == 1 && fields.clone().all(|(_, value)| value.is_null()))
        });
    let inner = prop_oneof![scalar.boxed(), nested.boxed()].boxed();
    let list = proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from).boxed();
    object(prop_oneof![3 => inner, 1 => list].boxed())
}

/// Overwrites fields of a valid example with random ones, so that most values are almost right.
fn check<M: Method>(example: &Value) {
    let schema = params_schema::<M>();
    let validator = draft202012::new(&schema).expect("a schema");
    assert!(validator.is_valid(example), "{}: the example is valid", M::NAME);
    let mut names = vec!["x".to_owned()];
    words(&schema, &mut names);
    proptest!(|(random in objects(names), keep in 0.0f64..1.0)| {
        let mut value = random;
        if let (Some(fields), Some(example)) = (value.as_object_mut(), example.as_object()) && keep > 0.2 {
            if keep > 0.5 {
                fields.retain(|name, _| schema["properties"].get(name).is_some());
            }
            fields.extend(example.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        agree::<M>(&validator, &value)?;
    });
}

#[test]
fn schema_and_serde_agree() {
    check::<ChatSend>(&json!({"sessionKey": "main", "message": "hi", "idempotencyKey": "k"}));
    check::<ChatHistory>(&json!({"sessionKey": "main"}));
    check::<Agent>(&json!({"message": "hi", "idempotencyKey": "k"}));
    check::<ModelsList>(&json!({}));
    check::<ExecApprovalResolve>(&json!({"id": "a", "decision": "deny"}));
    check::<ConfigPatch>(&json!({"raw": "{}"}));
    check::<DevicePairSetupCode>(&json!({}));
    check::<DeviceTokenRotate>(&json!({"deviceId": "d", "role": "node"}));
    check::<SessionsPatch>(&json!({"key": "main"}));
    check::<SessionsPreview>(&json!({"keys": ["main"]}));
    check::<LogsTail>(&json!({}));
    check::<Wake>(&json!({"text": "t", "mode": "now"}));
    check::<TasksList>(&json!({"status": ["queued"]}));
}
