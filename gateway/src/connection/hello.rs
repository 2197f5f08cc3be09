//! hello-ok: what a connection is told when it is let in (protocol 3.7).

use std::collections::BTreeMap;

use schemas::bounds::{MAX_ATTACHMENT_BYTES, MAX_BUFFERED, MAX_IMAGE_BYTES, MAX_MESSAGE, TICK_INTERVAL};
use schemas::connect::{
    AttachmentPolicy, Features, HelloAuth, HelloKind, PROTOCOL, Policy, ServerInfo, SessionDefaults,
};
use schemas::event::Event;
use schemas::frame::write_ok_json;
use schemas::snapshot::{PresenceEntry, StateVersion};
use serde::Serialize;
use serde_json::value::RawValue;
use strum::IntoEnumIterator as _;

use crate::canvas::{Issued, SURFACE, base_url};
use crate::hub::Member;
use crate::methods::{Services, Table};
use crate::security::Admission;
use schemas::Scope;

/// The parts of hello-ok that are the same for everyone, serialised once.
#[derive(Debug)]
pub struct Hello {
    features: Box<RawValue>,
    policy: Policy,
}

/// [`schemas::connect::HelloOk`] with its large parts borrowed as they lie ready; a golden test compares both.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HelloOk<'a> {
    #[serde(rename = "type")]
    kind: HelloKind,
    protocol: u32,
    server: ServerInfo,
    features: &'a RawValue,
    snapshot: Snapshot<'a>,
    auth: &'a HelloAuth,
    policy: &'a Policy,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin_surface_urls: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canvas_host_url: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Snapshot<'a> {
    presence: Vec<PresenceEntry>,
    health: &'a RawValue,
    state_version: StateVersion,
    uptime_ms: u64,
    session_defaults: SessionDefaults,
    #[serde(skip_serializing_if = "Option::is_none")]
    config_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_dir: Option<String>,
}

impl Hello {
    /// Prepares hello-ok for a table of methods.
    pub fn new(table: &Table) -> Self {
        let features = Features {
            methods: table.names().into_iter().map(str::to_owned).collect(),
            events: Event::iter().map(|event| event.name().to_owned()).collect(),
        };
        let policy = Policy {
            max_payload: MAX_MESSAGE as u64,
            max_buffered_bytes: MAX_BUFFERED as u64,
            tick_interval_ms: TICK_INTERVAL.as_secs() * 1000,
            attachments: AttachmentPolicy {
                max_bytes: MAX_ATTACHMENT_BYTES as u64,
                max_image_bytes: MAX_IMAGE_BYTES as u64,
            },
        };
        Self { features: serde_json::value::to_raw_value(&features).unwrap_or_default(), policy }
    }

    /// Returns the response frame for one connection.
    pub fn answer(
        &self,
        request: &str,
        services: &Services,
        member: &Member,
        (admission, surface): (&Admission, Option<&Issued>),
    ) -> Vec<u8> {
        // For those who show canvases; the rest would only have a longer answer.
        let surface = surface.map(|issued| base_url(&services.security.gateway_url(), &issued.token));
        // Paths are for the person who owns the machine, not for every client (requirements G-07).
        let owner = member.principal.has(Scope::Admin);
        let health = services.health.bytes(services);
        let nothing = Box::<RawValue>::default();
        let hello = HelloOk {
            kind: HelloKind::HelloOk,
            protocol: admission.protocol,
            server: ServerInfo {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                conn_id: member.id.to_string(),
            },
            features: &self.features,
            snapshot: Snapshot {
                presence: services.hub.presence.list(),
                health: serde_json::from_slice(&health).unwrap_or(&nothing),
                state_version: services.hub.presence.versions(),
                uptime_ms: services.uptime_ms(),
                session_defaults: services.session_defaults(),
                config_path: owner.then(|| services.config.path().display().to_string()),
                state_dir: owner.then(|| services.state_dir.display().to_string()),
            },
            auth: &admission.auth,
            policy: &self.policy,
            canvas_host_url: surface.clone().filter(|_| admission.protocol < PROTOCOL),
            plugin_surface_urls: surface.map(|url| BTreeMap::from([(SURFACE.to_owned(), url)])),
        };
        let mut frame = Vec::with_capacity(health.len() + self.features.get().len() + 2048);
        write_ok_json(&mut frame, request, &hello);
        frame
    }
}
