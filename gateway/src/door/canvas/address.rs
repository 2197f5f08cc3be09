//! What a path below `/__landline__/` or `/__openclaw__/` means. Nothing is decoded here: a path that spells these
//! words in another way is none of ours.

use crate::canvas::{PREFIXES, Place};

/// An address of a canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    /// The token of a capability URL.
    pub(super) token: Option<&'a str>,
    /// The path up to and with the name that `wanted` follows.
    pub(super) scope: &'a str,
    pub(super) wanted: Wanted<'a>,
}

/// What is wanted there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted<'a> {
    /// A folder without the slash at its end.
    Folder,
    /// A file of a canvas, still encoded.
    File {
        /// The document's id, if the path names one.
        document: Option<&'a str>,
        /// Its path within the canvas.
        path: &'a str,
    },
    /// A file of the A2UI page.
    Surfaces(&'a str),
    /// The script that makes pages live, with the canvas's id.
    Script(&'a str),
    /// The socket of a live page, with the canvas's id if it is named.
    Socket(Option<&'a str>),
}

impl<'a> Address<'a> {
    /// Reads a path; `None`: it is none of a canvas.
    pub(super) fn parse(path: &'a str) -> Option<Self> {
        let rest = below(path)?;
        let (token, rest) = match rest.strip_prefix("cap/") {
            Some(rest) => {
                let (token, rest) = rest.split_once('/')?;
                (Some(token), below_name(rest)?)
            }
            None => (None, rest),
        };
        let scope = path.get(..path.len() - rest.len())?;
        Some(Self { token, scope, wanted: Wanted::parse(rest)? })
    }

    /// Returns what a canvas's page may load: everything under its capability, or under the name it came by.
    pub(super) fn reach(&self) -> &'a str {
        let Some(token) = self.token else { return self.scope };
        match self.scope.find(token) {
            Some(at) => self.scope.get(..=at + token.len()).unwrap_or(self.scope),
            None => self.scope,
        }
    }

    /// Returns the path of the script that makes a page of this canvas live. It works with a capability only: a page
    /// cannot show the gateway's token.
    /// `revision` is what the page is made of.
    pub(super) fn live_script(&self, place: &Place, revision: u64) -> Option<String> {
        self.token.map(|_| format!("{}live/{}.js?r={revision}", self.scope, place.id()))
    }

    /// Says whether it is the A2UI page.
    pub(super) fn is_surfaces(&self) -> bool {
        matches!(self.wanted, Wanted::Surfaces(_))
    }
}

impl<'a> Wanted<'a> {
    fn parse(rest: &'a str) -> Option<Self> {
        let (name, below) = match rest.split_once('/') {
            Some((name, below)) => (name, Some(below)),
            None => (rest, None),
        };
        match (name, below) {
            ("canvas" | "a2ui", None) => Some(Self::Folder),
            ("canvas", Some(path)) => Some(Self::file(path)),
            ("a2ui", Some(path)) => Some(Self::Surfaces(path)),
            ("live", Some(script)) => script.strip_suffix(".js").map(Self::Script),
            ("ws", None) => Some(Self::Socket(None)),
            ("ws", Some(id)) => Some(Self::Socket(Some(id))),
            _ => None,
        }
    }

    fn file(path: &'a str) -> Self {
        let named = path.strip_prefix("documents/").and_then(|rest| rest.split_once('/'));
        let is_id = |id: &str| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        match named {
            Some((id, path)) if is_id(id) => Self::File { document: Some(id), path },
            _ => Self::File { document: None, path },
        }
    }
}

/// Says whether a path is below a capability URL, whatever it names there.
pub(in crate::door) fn is_capability_path(path: &str) -> bool {
    below(path).is_some_and(|rest| rest.starts_with("cap/"))
}

fn below(path: &str) -> Option<&str> {
    below_name(path.strip_prefix('/')?)
}

fn below_name(path: &str) -> Option<&str> {
    let (name, rest) = path.split_once('/')?;
    PREFIXES.contains(&name).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_and_every_form_are_understood() {
        let id = "0123456789abcdef0123456789abcdef";
        let file = |document, path| Some(Wanted::File { document, path });
        let cases = [
            ("/__landline__/canvas", Some(Wanted::Folder)),
            ("/__openclaw__/canvas/", file(None, "")),
            ("/__openclaw__/canvas/a/b.html", file(None, "a/b.html")),
            ("/__landline__/canvas/documents/x/y", file(None, "documents/x/y")),
            ("/__openclaw__/a2ui/", Some(Wanted::Surfaces(""))),
            ("/__openclaw__/control-ui-config.json", None),
            ("/__Landline__/canvas/", None),
            ("/__landline__%2fcanvas/", None),
            ("/x/__landline__/canvas/", None),
            ("/__landline__/cap/T", None),
            ("/__landline__/cap/T/canvas/", None),
        ];
        for (path, wanted) in cases {
            let address = Address::parse(path);
            assert_eq!(address.map(|address| address.wanted), wanted, "{path}");
            assert!(address.is_none_or(|address| address.token.is_none()), "{path}");
        }
        let path = format!("/__openclaw__/cap/T/__openclaw__/canvas/documents/{id}/index.html");
        let address = Address::parse(&path).expect("an address");
        assert_eq!((address.token, Some(address.wanted)), (Some("T"), file(Some(id), "index.html")));
        assert_eq!(address.scope, "/__openclaw__/cap/T/__openclaw__/");
        assert_eq!(address.reach(), "/__openclaw__/cap/T/");
        let socket = Address::parse("/__landline__/cap/T/__openclaw__/ws").expect("an address");
        assert_eq!(socket.wanted, Wanted::Socket(None));
        assert!(is_capability_path("/__landline__/cap/") && is_capability_path("/__openclaw__/cap/x/y"));
        assert!(!is_capability_path("/__landline__/canvas/cap/") && !is_capability_path("/cap/x"));
    }
}
