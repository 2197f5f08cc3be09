//! `/v1/models`: the agents, not the models of providers.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Response;
use schemas::methods::NoParams;
use schemas::methods::agents::AgentsList;
use serde::Serialize;

use super::super::visitor::Visitor;
use super::error::Refusal;
use super::json;
use super::target::{PREFIXES, agent_of};

#[derive(Serialize)]
struct Model {
    id: String,
    object: &'static str,
    created: i64,
    owned_by: &'static str,
}

#[derive(Serialize)]
struct List {
    object: &'static str,
    data: Vec<Model>,
}

/// Lists what `model` may be.
pub(super) async fn all(visitor: &Visitor) -> Result<Response<Body>, Refusal> {
    let agents = visitor.call::<AgentsList>(&NoParams::default()).await?;
    let names: Vec<String> = PREFIXES
        .iter()
        .flat_map(|prefix| {
            let whole = [(*prefix).to_owned(), format!("{prefix}/default")];
            whole.into_iter().chain(agents.agents.iter().map(move |agent| format!("{prefix}/{}", agent.id)))
        })
        .collect();
    Ok(json(&List { object: "list", data: names.into_iter().map(model).collect() }))
}

/// Shows one.
pub(super) async fn one(visitor: &Visitor, id: &str) -> Result<Response<Body>, Refusal> {
    let agents = visitor.call::<AgentsList>(&NoParams::default()).await?;
    let known: BTreeSet<_> = agents.agents.iter().map(|agent| agent.id.as_str()).collect();
    // Libraries write the slash of `landline/main` as %2F.
    let id = id.replace("%2F", "/").replace("%2f", "/").replace("%3A", ":").replace("%3a", ":");
    match agent_of(&id, &agents.default_id) {
        Some(agent) if known.contains(&*agent) => Ok(json(&model(id))),
        _ => Err(Refusal::no_such_model(&id)),
    }
}

fn model(id: String) -> Model {
    Model { id, object: "model", created: 0, owned_by: "landline" }
}
