//! What is kept of a canvas beside its files: its session, what is shown, its A2UI surfaces. One small file, so that a
//! restart loses nothing.

use schemas::bounds::MAX_A2UI_BYTES;
use schemas::event::CanvasAction;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::a2ui::Surfaces;
use super::beneath::FileError;
use super::error::PushError;
use super::{Canvas, Place, Sheet};

/// What is kept of a canvas beside its files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notes {
    /// The session; empty: nothing was noted yet.
    #[serde(default)]
    pub session_key: String,
    /// What people are shown; `None`: nothing was presented, or it was hidden.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    #[serde(default)]
    surfaces: Surfaces,
}

/// What people are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shown {
    /// A file of the canvas.
    File(String),
    /// The A2UI surfaces.
    Surfaces,
}

impl Notes {
    /// Returns A2UI messages that lead to the present surfaces.
    pub fn messages(&self) -> Vec<Value> {
        self.surfaces.replay()
    }

    /// Says whether there are A2UI surfaces.
    pub fn has_surfaces(&self) -> bool {
        !self.surfaces.is_empty()
    }

    /// Reads what was kept; what cannot be read counts as nothing: it is shown anew with the next push.
    fn read(bytes: Option<Vec<u8>>) -> Self {
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }
}

impl Canvas {
    /// Returns what is kept of a canvas.
    pub async fn notes(&self, place: &Place) -> Result<Notes, FileError> {
        let place = place.clone();
        let bytes = self.blocking(move |files| files.notes(&place, MAX_NOTES)).await?;
        Ok(Notes::read(bytes))
    }

    /// Sets what people are shown, and tells them.
    pub async fn show(&self, sheet: &Sheet, shown: Option<Shown>) -> Result<(), FileError> {
        let next = shown.clone();
        self.change(sheet, move |notes| {
            notes.shown = next;
            Ok::<_, FileError>(())
        })
        .await?;
        match shown {
            Some(Shown::File(path)) => self.publish(sheet, CanvasAction::Present, Some(path), Some("files")),
            Some(Shown::Surfaces) => self.publish(sheet, CanvasAction::Present, None, Some("a2ui")),
            None => self.publish(sheet, CanvasAction::Hide, None, None),
        }
        Ok(())
    }

    /// Takes A2UI messages in and shows them.
    pub async fn push(&self, sheet: &Sheet, messages: Vec<Value>) -> Result<(), PushError> {
        let order = json!({ "type": "a2ui", "messages": messages });
        self.change(sheet, move |notes| {
            notes.surfaces = notes.surfaces.take(&messages)?;
            Ok::<_, PushError>(())
        })
        .await?;
        self.tell_surfaces(&sheet.place, &order);
        self.publish(sheet, CanvasAction::A2ui, None, Some("a2ui"));
        Ok(())
    }

    /// Removes all A2UI surfaces.
    pub async fn reset(&self, sheet: &Sheet) -> Result<(), FileError> {
        self.change(sheet, |notes| {
            notes.surfaces = Surfaces::default();
            Ok::<_, FileError>(())
        })
        .await?;
        self.tell_surfaces(&sheet.place, &json!({ "type": "a2ui.reset" }));
        self.publish(sheet, CanvasAction::A2ui, None, Some("a2ui"));
        Ok(())
    }

    async fn change<E: From<FileError> + Send + 'static>(
        &self,
        sheet: &Sheet,
        change: impl FnOnce(&mut Notes) -> Result<(), E> + Send + 'static,
    ) -> Result<(), E> {
        let sheet = sheet.clone();
        self.blocking(move |files| {
            files.change_notes(&sheet.place, MAX_NOTES, |bytes| {
                let mut notes = Notes::read(bytes);
                notes.session_key = sheet.key.to_string();
                change(&mut notes)?;
                Ok((serde_json::to_vec(&notes).unwrap_or_default(), ()))
            })
        })
        .await
    }
}

/// Bytes of the notes of one canvas.
const MAX_NOTES: usize = MAX_A2UI_BYTES + 64 * 1024;
