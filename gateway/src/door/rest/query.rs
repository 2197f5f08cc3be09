//! The part of an address behind the question mark: each route names what it takes, and nothing else is taken.

use std::collections::BTreeMap;

use super::problem::Problem;
use super::routes::Route;

/// The parameters of one request.
#[derive(Debug, Default)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// Reads them. An unknown one is refused: a misspelt filter would silently answer with everything.
    pub(super) fn read(text: &str, route: &Route) -> Result<Self, Problem> {
        let mut query = Self::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            if !route.query.iter().any(|known| known.name == name) {
                let known: Vec<_> = route.query.iter().map(|known| known.name).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(Problem::bad(format!("unknown query parameter {name:?}; known here: {known}")));
            }
            if query.0.insert(name.clone(), value).is_some() {
                return Err(Problem::bad(format!("the query parameter {name:?} is given twice")));
            }
        }
        Ok(query)
    }

    /// Returns a parameter; an empty one counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// Returns a parameter that is a whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        let wrong = |_| Problem::bad(format!("the query parameter {name:?} must be a whole number"));
        self.text(name).map(|value| value.parse().map_err(wrong)).transpose()
    }
}

/// Decodes percent signs and plus signs.
pub(super) fn decoded(text: &str) -> Result<String, Problem> {
    let wrong = || Problem::bad("the address holds a broken percent escape");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let pair = [rest.next().ok_or_else(wrong)?, rest.next().ok_or_else(wrong)?];
                let pair = std::str::from_utf8(&pair).map_err(|_| wrong())?;
                u8::from_str_radix(pair, 16).map_err(|_| wrong())?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_broken_ones_refused() {
        assert_eq!(decoded("a%20b+c%2F").expect("decoded"), "a b c/");
        for broken in ["%", "%2", "%zz", "%ff"] {
            assert!(decoded(broken).is_err(), "{broken}");
        }
    }
}
