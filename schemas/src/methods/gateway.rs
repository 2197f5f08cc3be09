//! What the person at the machine asks of the gateway itself; Landline's own methods.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ADMIN, NoParams, methods};
use crate::clock::Millis;

methods! {
    /// A one-time link that lets a browser in.
    DashboardLink "gateway.dashboardLink" ADMIN, Natural, NoParams => DashboardLinkOutput;
    /// A consistent copy of the database, made while running.
    Backup "gateway.backup" ADMIN, Natural, BackupParams => BackupOutput;
}

/// A one-time link.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DashboardLinkOutput {
    /// The link; its fragment holds the token.
    pub url: String,
    /// When it stops working.
    pub expires_at_ms: Millis,
}

/// Parameters of `gateway.backup`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupParams {
    /// Absolute path of the new file; it must not exist.
    #[schemars(length(min = 1, max = 4096))]
    pub path: String,
}

/// A finished backup.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BackupOutput {
    /// The file.
    pub path: String,
    /// Its size in bytes.
    pub bytes: u64,
}
