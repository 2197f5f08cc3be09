//! JSON Schema of everything on the wire, the source of the committed `schemas/json/` and of all models.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};
use strum::IntoEnumIterator;

use crate::connect::{Challenge, ConnectParams, HelloOk, PROTOCOL, PairingRequired};
use crate::error::{DetailCode, ErrorCode};
use crate::event::{self, Event};
use crate::frame::{EventFrame, RequestFrame, ResponseFrame};
use crate::methods::approvals::{ApprovalEntry, ApprovalResolved};
use crate::methods::channels::ChannelsChanged;
use crate::methods::config::ConfigChanged;
use crate::methods::cron::CronEvent;
use crate::methods::devices::{PairingRequest, PairingResolved, SetupCompleted};
use crate::methods::nodes::{
    NodeInvokeCancel, NodeInvokeProgressed, NodeInvokeRequest, NodePairRequest, NodePairResolved,
};
use crate::methods::peers::{ChannelPairingRequest, ChannelPairingResolved};
use crate::methods::tasks::TaskSummary;
use crate::methods::workers::{WorkerOrders, WorkersChanged};
use crate::methods::{self, Method};
use crate::snapshot::Health;

/// Returns the schema that a method's params are checked against; it refers to nothing outside itself.
pub fn params_schema<M: Method>() -> Value {
    root::<M::Params>(inbound())
}

/// Returns the schema of a method's output; it refers to nothing outside itself.
pub fn output_schema<M: Method>() -> Value {
    root::<M::Output>(outbound())
}

/// Returns the schema of a method's params with everything written out in place, for models that fill it in: what may be
/// left out is left out, not null.
pub fn plain_params_schema(method: &methods::Declaration) -> Map<String, Value> {
    let mut generator =
        settings().for_deserialize().with(|settings| settings.inline_subschemas = true).into_generator();
    let mut schema = (method.params)(&mut generator);
    RecursiveTransform(bound_integers).transform(&mut schema);
    RecursiveTransform(absent_instead_of_null).transform(&mut schema);
    RecursiveTransform(any_as_object).transform(&mut schema);
    let mut schema = schema.as_object().cloned().unwrap_or_default();
    let defs = generator.take_definitions(true);
    if !defs.is_empty() {
        schema.insert("$defs".into(), Value::Object(defs));
    }
    schema.entry("type").or_insert_with(|| "object".into());
    schema
}

/// Returns the schema of a request frame, `params` of any kind.
pub fn request_schema() -> Value {
    root::<RequestFrame>(inbound())
}

/// Returns the schema of the params of `connect`.
pub fn connect_schema() -> Value {
    root::<ConnectParams>(inbound())
}

/// Returns the whole protocol as one document.
///
/// It is a JSON Schema that any frame satisfies, with the types under `$defs` and four tables beside:
/// `frames`, `handshake`, `methods` and `events`, each entry of which refers to its types.
pub fn document() -> Value {
    let (mut inbound, mut outbound) = (inbound(), outbound());
    let frames = json!({
        "request": inbound.subschema_for::<RequestFrame>(),
        "response": outbound.subschema_for::<ResponseFrame>(),
        "event": outbound.subschema_for::<EventFrame>(),
    });
    let handshake = json!({
        "challenge": outbound.subschema_for::<Challenge>(),
        "connect": inbound.subschema_for::<ConnectParams>(),
        "helloOk": outbound.subschema_for::<HelloOk>(),
        "pairingRequired": outbound.subschema_for::<PairingRequired>(),
        "errorCode": outbound.subschema_for::<ErrorCode>(),
        "detailCode": outbound.subschema_for::<DetailCode>(),
    });
    let methods = method_table(&mut inbound, &mut outbound);
    let events = event_table(&mut outbound);
    let mut defs = inbound.take_definitions(true);
    defs.extend(outbound.take_definitions(true));
    let mut document = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The gateway protocol as Landline speaks it",
        "protocol": PROTOCOL,
        "oneOf": [frames["request"], frames["response"], frames["event"]],
        "frames": frames,
        "handshake": handshake,
        "methods": methods,
        "events": events,
    });
    document["$defs"] = Value::Object(defs);
    document.sort_all_objects();
    document
}

fn method_table(inbound: &mut SchemaGenerator, outbound: &mut SchemaGenerator) -> Map<String, Value> {
    let row = |method: methods::Declaration| {
        let value = json!({
            "description": method.doc,
            "access": method.access.to_string(),
            "idempotency": method.idempotency.to_string(),
            "params": (method.params)(inbound),
            "output": (method.output)(outbound),
        });
        (method.name.to_owned(), value)
    };
    methods::all().into_iter().map(row).collect()
}

fn event_table(outbound: &mut SchemaGenerator) -> Map<String, Value> {
    let row = |event: Event| {
        let value = json!({
            "guard": event.guard().map(|scope| scope.to_string()),
            "droppable": event.droppable(),
            "payload": payload(event, outbound),
        });
        (event.name().to_owned(), value)
    };
    Event::iter().map(row).collect()
}

fn payload(event: Event, outbound: &mut SchemaGenerator) -> Schema {
    let schema = match event {
        Event::ConnectChallenge => SchemaGenerator::subschema_for::<Challenge>,
        Event::Tick => SchemaGenerator::subschema_for::<event::Tick>,
        Event::Shutdown => SchemaGenerator::subschema_for::<event::Shutdown>,
        Event::Health => SchemaGenerator::subschema_for::<Health>,
        Event::Presence => SchemaGenerator::subschema_for::<event::Presence>,
        Event::Agent => SchemaGenerator::subschema_for::<event::AgentStep>,
        Event::Chat => SchemaGenerator::subschema_for::<event::Chat>,
        Event::SessionMessage | Event::SessionsChanged => {
            SchemaGenerator::subschema_for::<Map<String, Value>>
        }
        Event::Task => SchemaGenerator::subschema_for::<TaskSummary>,
        Event::DevicePairRequested => SchemaGenerator::subschema_for::<PairingRequest>,
        Event::NodePairRequested => SchemaGenerator::subschema_for::<NodePairRequest>,
        Event::NodePairResolved => SchemaGenerator::subschema_for::<NodePairResolved>,
        Event::NodeInvokeRequest => SchemaGenerator::subschema_for::<NodeInvokeRequest>,
        Event::NodeInvokeCancel => SchemaGenerator::subschema_for::<NodeInvokeCancel>,
        Event::NodeInvokeProgress => SchemaGenerator::subschema_for::<NodeInvokeProgressed>,
        Event::NodePresence => SchemaGenerator::subschema_for::<event::NodePresence>,
        Event::NodeHostStats => SchemaGenerator::subschema_for::<event::NodeHostStats>,
        Event::ChannelsPairingRequested => SchemaGenerator::subschema_for::<ChannelPairingRequest>,
        Event::ChannelsPairingResolved => SchemaGenerator::subschema_for::<ChannelPairingResolved>,
        Event::ChannelsChanged => SchemaGenerator::subschema_for::<ChannelsChanged>,
        Event::DevicePairResolved => SchemaGenerator::subschema_for::<PairingResolved>,
        Event::DevicePairSetupCompleted => SchemaGenerator::subschema_for::<SetupCompleted>,
        Event::ExecApprovalRequested => SchemaGenerator::subschema_for::<ApprovalEntry>,
        Event::ExecApprovalResolved => SchemaGenerator::subschema_for::<ApprovalResolved>,
        Event::CanvasChanged => SchemaGenerator::subschema_for::<event::CanvasChanged>,
        Event::WorkerOrders => SchemaGenerator::subschema_for::<WorkerOrders>,
        Event::WorkersChanged => SchemaGenerator::subschema_for::<WorkersChanged>,
        Event::ConfigChanged => SchemaGenerator::subschema_for::<ConfigChanged>,
        Event::Cron => SchemaGenerator::subschema_for::<CronEvent>,
    };
    schema(outbound)
}

fn root<T: JsonSchema>(generator: SchemaGenerator) -> Value {
    generator.into_root_schema_for::<T>().to_value()
}

/// Returns the generator for what clients send.
fn inbound() -> SchemaGenerator {
    settings().for_deserialize().into_generator()
}

/// Returns the generator for what the gateway sends.
fn outbound() -> SchemaGenerator {
    settings().for_serialize().with_transform(RecursiveTransform(absent_instead_of_null)).into_generator()
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with_transform(RecursiveTransform(bound_integers))
}

/// Gives every integer the bounds of its Rust type.
///
/// `format` alone is only a remark: without bounds the schema would let numbers through that the type
/// refuses, and the refusal would come late and without the field's name.
fn bound_integers(schema: &mut Schema) {
    let (low, high) = match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => (json!(0), json!(u32::MAX)),
        Some("uint64") => (json!(0), json!(u64::MAX)),
        Some("int64") => (json!(i64::MIN), json!(i64::MAX)),
        _ => return,
    };
    for (bound, value) in [("minimum", low), ("maximum", high)] {
        if schema.get(bound).is_none() {
            schema.insert(bound.to_owned(), value);
        }
    }
}

/// Writes the schema of any item as an object: some models' interfaces refuse a bare `true`.
fn any_as_object(schema: &mut Schema) {
    if schema.get("items") == Some(&Value::Bool(true)) {
        schema.insert("items".to_owned(), json!({}));
    }
}

/// Takes null out of fields that may be absent: the gateway leaves such a field out instead of sending null.
fn absent_instead_of_null(schema: &mut Schema) {
    let required: Vec<String> = match schema.get("required").and_then(Value::as_array) {
        Some(names) => names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        None => Vec::new(),
    };
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !required.contains(name)) {
        remove_null(property);
    }
}

fn remove_null(property: &mut Value) {
    if let Some(types) = property.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            property["type"] = only.clone();
        }
    }
    let Some(choices) = property.get_mut("anyOf").and_then(Value::as_array_mut) else { return };
    choices.retain(|choice| choice["type"] != "null");
    if let [Value::Object(only)] = choices.as_slice()
        && let (only, Some(property)) = (only.clone(), property.as_object_mut())
    {
        property.remove("anyOf");
        property.extend(only);
    }
}

#[cfg(test)]
#[path = "export_tests.rs"]
mod tests;
