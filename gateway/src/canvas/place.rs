//! Where a session's canvas lies, and the name under which its documents are served.

use std::sync::Arc;

use schemas::session::SessionKey;
use sha2::{Digest as _, Sha256};

/// One session's canvas, within its organisation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    org: Arc<str>,
    id: Arc<str>,
}

impl Place {
    /// Returns the place of a session's canvas.
    pub fn of(org: &Arc<str>, key: &SessionKey) -> Self {
        let digest = Sha256::digest(format!("{}\0{org}\0{key}", org.len()));
        Self { org: Arc::clone(org), id: hex::encode(&digest[..16]).into() }
    }

    /// Returns the place with an id from a URL; `None`: it cannot be one.
    pub fn named(org: &Arc<str>, id: &str) -> Option<Self> {
        let plain = id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        plain.then(|| Self { org: Arc::clone(org), id: id.into() })
    }

    /// Returns the id under which its documents are served: 32 hexadecimal digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns whose it is.
    pub fn org(&self) -> &Arc<str> {
        &self.org
    }

    /// Returns the name of the organisation's folder.
    pub(super) fn org_folder(&self) -> String {
        let plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if !self.org.is_empty() && self.org.len() <= 64 && self.org.bytes().all(plain) {
            return self.org.to_string();
        }
        // A name that cannot be one of the others.
        format!("={}", hex::encode(Sha256::digest(self.org.as_bytes())))
    }

    /// Returns the name of the file with what is noted beside the canvas's files.
    pub(super) fn notes_name(&self) -> String {
        format!("{}.json", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisations_and_sessions_have_places_of_their_own() {
        let key = |text| SessionKey::parse(text, None).expect("a key");
        let (one, two): (Arc<str>, Arc<str>) = ("default".into(), "../other".into());
        let place = Place::of(&one, &key("main"));
        assert_ne!(place.id(), Place::of(&one, &key("other")).id());
        assert_ne!(place.id(), Place::of(&two, &key("main")).id());
        assert_eq!(Place::named(&one, place.id()), Some(place.clone()));
        assert_eq!(place.org_folder(), "default");
        assert!(Place::of(&two, &key("main")).org_folder().starts_with('='));
        for id in ["", "..", "main", &"a".repeat(31), &"A".repeat(32), &"g".repeat(32), &"a".repeat(33)] {
            assert_eq!(Place::named(&one, id), None, "{id}");
        }
    }
}
