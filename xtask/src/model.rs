//! The part of JSON Schema that the protocol uses, read into types that are easy to print as models.

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

/// Everything that models and tables are made of.
#[derive(Debug)]
pub(crate) struct Protocol {
    pub(crate) version: u64,
    pub(crate) types: Vec<Type>,
    pub(crate) methods: Vec<Method>,
    pub(crate) events: Vec<Event>,
}

/// A named type.
#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) body: Body,
}

/// What a named type is.
#[derive(Debug)]
pub(crate) enum Body {
    /// An object with fields.
    Record(Vec<Field>),
    /// An object with fields, and more fields depending on one that tells which.
    Tagged { fields: Vec<Field>, variants: Vec<Vec<Field>> },
    /// One of several words, each with what it means.
    Words(Vec<(String, String)>),
    /// Another name for a shape.
    Alias(Shape),
}

/// A field of an object.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) required: bool,
    pub(crate) shape: Shape,
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Any,
    Flag,
    Integer,
    Number,
    Text,
    Word(String),
    Named(String),
    List(Box<Shape>),
    Map(Box<Shape>),
    Nullable(Box<Shape>),
    Choice(Vec<Shape>),
}

/// A row of the method table.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: String,
    pub(crate) doc: String,
    pub(crate) access: String,
    pub(crate) idempotency: String,
    pub(crate) params: Shape,
    pub(crate) output: Shape,
}

/// A row of the event table.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) guard: Option<String>,
    pub(crate) droppable: bool,
    pub(crate) payload: Shape,
}

impl Protocol {
    /// Reads the document of `schemas::export`.
    pub(crate) fn read(document: &Value) -> Result<Self> {
        Ok(Self {
            version: document["protocol"].as_u64().context("`protocol` is no number")?,
            types: table(document, "$defs", |name, value| {
                Ok(Type { name: name.to_owned(), doc: doc(value), body: body(value)? })
            })?,
            methods: table(document, "methods", |name, value| {
                Ok(Method {
                    name: name.to_owned(),
                    doc: doc(value),
                    access: text(value, "access"),
                    idempotency: text(value, "idempotency"),
                    params: shape(&value["params"])?,
                    output: shape(&value["output"])?,
                })
            })?,
            events: table(document, "events", |name, value| {
                Ok(Event {
                    name: name.to_owned(),
                    guard: value["guard"].as_str().map(str::to_owned),
                    droppable: value["droppable"] == true,
                    payload: shape(&value["payload"])?,
                })
            })?,
        })
    }
}

/// Reads the entries of an object, in the order of their names.
fn table<T>(document: &Value, key: &str, read: impl Fn(&str, &Value) -> Result<T>) -> Result<Vec<T>> {
    let entries = document[key].as_object().with_context(|| format!("`{key}` is no object"))?;
    let mut names: Vec<_> = entries.keys().collect();
    names.sort();
    names
        .into_iter()
        .map(|name| read(name, &entries[name]).with_context(|| format!("in `{key}`, `{name}`")))
        .collect()
}

fn body(schema: &Value) -> Result<Body> {
    if let Some(words) = words(schema) {
        return Ok(Body::Words(words));
    }
    if schema["type"] == "object" && (schema["properties"].is_object() || schema["oneOf"].is_array()) {
        let fields = fields(schema)?;
        return Ok(match schema["oneOf"].as_array() {
            None => Body::Record(fields),
            Some(choices) => {
                let variants = choices.iter().map(self::fields).collect::<Result<_>>()?;
                Body::Tagged { fields, variants }
            }
        });
    }
    shape(schema).map(Body::Alias)
}

/// Returns the words of a string enum: `enum`, or `oneOf` with a constant and its meaning each.
fn words(schema: &Value) -> Option<Vec<(String, String)>> {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| Some((word.as_str()?.to_owned(), String::new()))).collect();
    }
    let choices = schema["oneOf"].as_array().filter(|_| schema["type"] != "object")?;
    choices.iter().map(|choice| Some((choice["const"].as_str()?.to_owned(), doc(choice)))).collect()
}

fn fields(schema: &Value) -> Result<Vec<Field>> {
    let required: Vec<_> = schema["required"].as_array().into_iter().flatten().collect();
    let Some(properties) = schema["properties"].as_object() else { return Ok(Vec::new()) };
    let mut names: Vec<_> = properties.keys().collect();
    names.sort();
    let field = |name: &String| {
        Ok(Field {
            name: name.clone(),
            doc: doc(&properties[name]),
            required: required.iter().any(|other| *other == name),
            shape: shape(&properties[name]).with_context(|| format!("in field `{name}`"))?,
        })
    };
    names.into_iter().map(field).collect()
}

fn shape(schema: &Value) -> Result<Shape> {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.strip_prefix("#/$defs/").with_context(|| format!("unknown target {target}"))?;
        return Ok(Shape::Named(name.to_owned()));
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choice(choices);
    }
    match &schema["type"] {
        Value::Null => Ok(Shape::Any),
        Value::String(kind) => plain(kind, schema),
        Value::Array(kinds) => match kinds.as_slice() {
            [Value::String(kind), Value::String(null)] if null == "null" => {
                Ok(Shape::Nullable(Box::new(plain(kind, schema)?)))
            }
            _ => bail!("types {kinds:?} are more than the generator knows"),
        },
        other => bail!("type {other} is more than the generator knows"),
    }
}

fn choice(choices: &[Value]) -> Result<Shape> {
    let nullable = choices.iter().any(|choice| choice["type"] == "null");
    let mut shapes =
        choices.iter().filter(|choice| choice["type"] != "null").map(shape).collect::<Result<Vec<_>>>()?;
    let shape = if shapes.len() == 1 { shapes.remove(0) } else { Shape::Choice(shapes) };
    Ok(if nullable { Shape::Nullable(Box::new(shape)) } else { shape })
}

fn plain(kind: &str, schema: &Value) -> Result<Shape> {
    let inner = |key: &str| match &schema[key] {
        Value::Object(_) => shape(&schema[key]).map(Box::new),
        _ => Ok(Box::new(Shape::Any)),
    };
    Ok(match kind {
        "boolean" => Shape::Flag,
        "integer" => Shape::Integer,
        "number" => Shape::Number,
        "string" => match schema["const"].as_str() {
            Some(word) => Shape::Word(word.to_owned()),
            None => Shape::Text,
        },
        "array" => Shape::List(inner("items")?),
        "object" if schema["properties"].as_object().is_none_or(Map::is_empty) => {
            Shape::Map(inner("additionalProperties")?)
        }
        other => bail!("a nested `{other}` is more than the generator knows"),
    })
}

fn doc(schema: &Value) -> String {
    text(schema, "description")
}

fn text(schema: &Value, key: &str) -> String {
    schema[key].as_str().unwrap_or_default().to_owned()
}
