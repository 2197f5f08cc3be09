//! The OpenAPI document, made from the routes and their types.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::routes::{Parameter, ROUTES, Route};

/// Where it is served.
pub(super) const PATH: &str = "/api/openapi.json";

/// Returns the document (OpenAPI 3.1).
pub(super) fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(make);
    &DOCUMENT
}

/// A refusal (RFC 9457).
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it is only described; `Problem` writes it")]
struct Refusal {
    /// Always `about:blank`.
    r#type: String,
    /// The status in words.
    title: String,
    /// The status.
    status: u16,
    /// What is wrong and what to do.
    detail: String,
    /// What is wrong, for programs.
    code: String,
    /// The same as `detail`.
    error: String,
    /// Particulars, for programs.
    details: Option<Value>,
}

fn make() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<Refusal>().to_value();
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES.iter() {
        let operation = operation(route, &mut generator, &problem);
        paths.entry(route.path).or_insert_with(|| json!({}))[route.method.as_str().to_ascii_lowercase()] =
            operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Landline", "version": env!("CARGO_PKG_VERSION"),
            "description": "Work for agents: dispatch it, follow it, stop it.",
        },
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "The gateway's token, or a device's." },
            },
            "schemas": generator.take_definitions(true),
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator, problem: &Value) -> Value {
    let refusal = json!({
        "description": "Refused.",
        "content": { "application/problem+json": { "schema": problem } },
    });
    let mut responses = json!({ "default": refusal });
    responses[route.status.to_string()] = match route.answer {
        Some(schema) => json!({
            "description": "Done.",
            "content": { "application/json": { "schema": schema(generator).to_value() } },
        }),
        None => refusal,
    };
    let mut operation = json!({
        "operationId": route.name, "summary": route.about, "responses": responses,
        "parameters": in_path(route.path).chain(route.query.iter().map(parameter)).collect::<Vec<_>>(),
    });
    if let Some(body) = route.body {
        operation["requestBody"] = json!({
            "required": true, "content": { "application/json": { "schema": body(generator).to_value() } },
        });
    }
    operation
}

fn in_path(path: &str) -> impl Iterator<Item = Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
}

fn parameter(parameter: &Parameter) -> Value {
    let schema = if parameter.whole_number {
        json!({ "type": "integer", "minimum": 0 })
    } else {
        json!({ "type": "string" })
    };
    json!({
        "name": parameter.name, "in": "query", "required": false, "description": parameter.about, "schema": schema,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        let schemas = document["components"]["schemas"].as_object().expect("schemas");
        let references =
            text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
        let mut count = 0;
        for name in references {
            assert!(schemas.contains_key(name), "{name}");
            count += 1;
        }
        assert!(count > 20, "{count}");
        assert!(!text.contains("$defs"), "definitions stand in one place");
        assert_eq!(document["paths"]["/api/tasks/{id}"]["get"]["operationId"], "getTask");
    }
}
