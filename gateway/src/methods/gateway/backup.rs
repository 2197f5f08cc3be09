//! `gateway.backup`: a consistent copy of the database, made while running.

use std::path::PathBuf;

use schemas::error::WireError;
use schemas::methods::gateway::{BackupOutput, BackupParams};

use crate::methods::Call;

/// Writes the copy; the path must be absolute and free. Only the person at this machine may name paths of it.
pub async fn backup(call: Call, params: BackupParams) -> Result<BackupOutput, WireError> {
    if !call.who().is_local() {
        return Err(WireError::invalid(
            "a backup is made on the gateway's machine: run `landline backup` there",
        ));
    }
    let target = PathBuf::from(&params.path);
    if !target.is_absolute() {
        return Err(WireError::invalid("/path: give an absolute path"));
    }
    if target.exists() {
        return Err(WireError::invalid("/path: this file exists already, choose another name"));
    }
    let bytes = call.services.store.backup(target).await?;
    Ok(BackupOutput { path: params.path, bytes })
}
