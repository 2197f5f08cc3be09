//! Prints the protocol's types as TypeScript.

use std::fmt::Write as _;

use crate::model::{Body, Field, Protocol, Shape, Type};

/// Returns the text of `protocol.ts`.
pub(crate) fn models(protocol: &Protocol) -> String {
    let mut out = String::from("// Made by `cargo xtask bless` from protocol.schema.json; do not edit.\n\n");
    let _ = writeln!(out, "/** Newest protocol version that is spoken. */");
    let _ = writeln!(out, "export const PROTOCOL = {};\n", protocol.version);
    for kind in &protocol.types {
        declare(&mut out, kind);
    }
    out.push_str("/** What each method takes and returns. */\nexport interface Methods {\n");
    for method in &protocol.methods {
        doc(&mut out, "  ", &method.doc);
        let (params, output) = (shape(&method.params), shape(&method.output));
        let _ = writeln!(out, "  \"{}\": {{ params: {params}; output: {output} }};", method.name);
    }
    out.push_str("}\n\n/** What each event carries. */\nexport interface Events {\n");
    for event in &protocol.events {
        let _ = writeln!(out, "  \"{}\": {};", event.name, shape(&event.payload));
    }
    out.push_str("}\n\n/** Any frame. */\nexport type Frame = RequestFrame | ResponseFrame | EventFrame;\n");
    out
}

fn declare(out: &mut String, kind: &Type) {
    doc(out, "", &kind.doc);
    let name = &kind.name;
    match &kind.body {
        Body::Record(list) => {
            let _ = writeln!(out, "export interface {name} {{");
            fields(out, "  ", list);
            out.push_str("}\n\n");
        }
        Body::Tagged { fields: list, variants } => {
            let _ = writeln!(out, "export type {name} = {{");
            fields(out, "  ", list);
            out.push_str("} & (\n");
            for variant in variants {
                out.push_str("  | {\n");
                fields(out, "      ", variant);
                out.push_str("    }\n");
            }
            out.push_str(");\n\n");
        }
        Body::Words(words) => {
            let _ = write!(out, "export type {name} =");
            for (word, meaning) in words {
                out.push('\n');
                doc(out, "  ", meaning);
                let _ = write!(out, "  | \"{word}\"");
            }
            out.push_str(";\n\n");
        }
        Body::Alias(target) => {
            let _ = writeln!(out, "export type {name} = {};\n", shape(target));
        }
    }
}

fn fields(out: &mut String, indent: &str, fields: &[Field]) {
    for field in fields {
        doc(out, indent, &field.doc);
        let mark = if field.required { "" } else { "?" };
        let _ = writeln!(out, "{indent}{}{mark}: {};", field.name, shape(&field.shape));
    }
}

fn shape(of: &Shape) -> String {
    match of {
        Shape::Any => "unknown".into(),
        Shape::Flag => "boolean".into(),
        Shape::Integer | Shape::Number => "number".into(),
        Shape::Text => "string".into(),
        Shape::Word(word) => format!("\"{word}\""),
        Shape::Named(name) => name.clone(),
        Shape::List(item) => match **item {
            Shape::Nullable(_) | Shape::Choice(_) => format!("({})[]", shape(item)),
            _ => format!("{}[]", shape(item)),
        },
        Shape::Map(value) => format!("Record<string, {}>", shape(value)),
        Shape::Nullable(inner) => format!("{} | null", shape(inner)),
        Shape::Choice(choices) => choices.iter().map(shape).collect::<Vec<_>>().join(" | "),
    }
}

fn doc(out: &mut String, indent: &str, text: &str) {
    match text.lines().collect::<Vec<_>>().as_slice() {
        [] => {}
        [line] => {
            let _ = writeln!(out, "{indent}/** {line} */");
        }
        lines => {
            let _ = writeln!(out, "{indent}/**");
            for line in lines {
                let _ = writeln!(out, "{indent}{}", format!(" * {line}").trim_end());
            }
            let _ = writeln!(out, "{indent} */");
        }
    }
}
