//! Nodes without a network: the states of a surface, the gates, and what agents must ask for.

mod asks;
mod gates;
mod states;

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::connect::{ClientInfo, ConnectParams};
use schemas::frame::finish_event;
use schemas::methods::nodes::NodeInvokeResultParams;
use schemas::{Clock, Role, Scopes};
use serde_json::{Value, json};

use super::*;
use crate::hub::{Member, Outgoing};
use crate::security::Principal;
use crate::store::{About, DEFAULT_ORG, DeviceRow, put_device};
use crate::supervise::Jobs;

/// A fleet on a store of its own.
struct Yard {
    _dir: tempfile::TempDir,
    fleet: Arc<Fleet>,
    approvals: Approvals,
    hub: Arc<Hub>,
}

/// A node's connection.
struct Node {
    member: Arc<Member>,
    _seat: Option<Seat>,
}

impl Yard {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(&dir.path().join("landline.db")).expect("a store");
        let clock = Clock::manual(1_800_000_000_000);
        let hub = Arc::new(Hub::new(clock.clone()));
        let approvals =
            Approvals::new(store.clone(), Arc::clone(&hub), clock.clone(), Jobs::default(), dir.path());
        let commands = NodeCommands { allow: vec!["camera.snap".into()], ..NodeCommands::default() };
        let (parts_hub, parts_approvals) = (Arc::clone(&hub), approvals.clone());
        let parts = Parts { store, clock, hub: parts_hub, approvals: parts_approvals, commands };
        let fleet = Arc::new(Fleet::open(parts).expect("open"));
        Self { _dir: dir, fleet, approvals, hub }
    }

    /// Connects a node that offers these commands and approves it.
    async fn node(&self, id: &str, commands: &[&str]) -> Node {
        let device = DeviceRow {
            id: id.into(),
            public_key: "k".into(),
            about: About::default(),
            label: None,
            approved_via: "owner".into(),
            created_at: 0,
            approved_at: 0,
            last_seen_at: None,
            org: DEFAULT_ORG.into(),
            actor: "test".into(),
            grants: Vec::new(),
        };
        self.fleet.store.write(move |db| put_device(db, &device)).await.expect("a device");
        let principal = Principal {
            role: Role::Node,
            scopes: Scopes::none(),
            reach: Scopes::none(),
            device: Some(id.into()),
            actor: format!("device:{id}").into(),
            ..Principal::gateway()
        };
        let member = Arc::new(Member::new(format!("conn-{id}").into(), principal, false));
        let seat = self.fleet.connect(&member, &claims(commands), &Arrival::default());
        let owner = Principal::gateway();
        for request in self.fleet.pairings(&owner).pending {
            self.fleet.approve(&owner, &request.request_id).await.expect("approved");
        }
        Node { member, _seat: seat }
    }
}

impl Node {
    /// Waits for what the node is asked.
    async fn asked(&self) -> Value {
        loop {
            while let Some(item) = self.member.outbox.take() {
                let Outgoing::Event(prefix, seq) = item else { continue };
                let mut text = Vec::new();
                finish_event(&mut text, &prefix, seq);
                let event: Value = serde_json::from_slice(&text).expect("json");
                if event["event"] == "node.invoke.request" {
                    return event["payload"].clone();
                }
            }
            tokio::task::yield_now().await;
        }
    }

    fn says(&self, fleet: &Fleet, asked: &Value, payload: Value) {
        let answer = NodeInvokeResultParams {
            id: asked["id"].as_str().expect("an id").into(),
            node_id: asked["nodeId"].as_str().expect("a node").into(),
            ok: true,
            payload: Some(payload),
            payload_json: None,
            error: None,
        };
        assert_eq!(fleet.answer(&self.member, answer).expect("its own").ignored, None);
    }
}

fn claims(commands: &[&str]) -> ConnectParams {
    ConnectParams {
        min_protocol: 3,
        max_protocol: 4,
        client: ClientInfo {
            id: "node-host".into(),
            version: "1".into(),
            platform: "linux".into(),
            mode: "node".into(),
            display_name: Some("Pi".into()),
            device_family: Some("Linux".into()),
            model_identifier: None,
            instance_id: None,
            time_zone: None,
        },
        role: Some("node".into()),
        scopes: Vec::new(),
        caps: Vec::new(),
        commands: commands.iter().map(|&command| command.to_owned()).collect(),
        permissions: BTreeMap::new(),
        path_env: None,
        device: None,
        auth: None,
        locale: None,
        user_agent: None,
    }
}

fn agent(session: &str) -> Principal {
    Principal {
        actor: "agent:main".into(),
        scopes: Scopes::parse(&["operator.read", "operator.write"]),
        session: Some(session.into()),
        ..Principal::gateway()
    }
}

fn call(node: &str, command: &str, params: Value) -> Invocation {
    Invocation { node_id: node.into(), command: command.into(), params, ..Invocation::default() }
}
