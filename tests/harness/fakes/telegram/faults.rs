//! What goes wrong, and when: at the n-th call, at the next calls of a method, or by chance from a seed.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Rng;

/// One thing that goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 with these seconds in `retry_after`; nothing was done.
    TooMany(u64),
    /// 500 with the API's own JSON body; nothing was done.
    ServerError,
    /// 502 with a proxy's HTML body; nothing was done.
    BadGateway,
    /// 504 with a proxy's HTML body, although the call was carried out.
    LateGateway,
    /// The connection ends without an answer; nothing was done.
    CutBefore,
    /// The connection ends without an answer, although the call was carried out.
    CutAfter,
    /// The connection ends in the middle of the answer's body; the call was carried out.
    CutWithin,
    /// No answer ever comes, and the connection stands; nothing was done.
    HangBefore,
    /// No answer ever comes, and the connection stands, although the call was carried out.
    HangAfter,
    /// The call is carried out at once, and the answer comes this much later.
    Slow(Duration),
    /// 400 `can't parse entities`, if the call names a `parse_mode` or entities; otherwise nothing happens.
    ParseError,
    /// An answer of `getUpdates` holds every update twice, and some that were confirmed already.
    Duplicates,
    /// An answer of `getUpdates` holds its updates in reverse order.
    Reorder,
}

impl Fault {
    /// Returns its name in [`Faults::injected`] and in the control endpoints.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooMany(_) => "too-many",
            Self::ServerError => "server-error",
            Self::BadGateway => "bad-gateway",
            Self::LateGateway => "late-gateway",
            Self::CutBefore => "cut-before",
            Self::CutAfter => "cut-after",
            Self::CutWithin => "cut-within",
            Self::HangBefore => "hang-before",
            Self::HangAfter => "hang-after",
            Self::Slow(_) => "slow",
            Self::ParseError => "parse-error",
            Self::Duplicates => "duplicates",
            Self::Reorder => "reorder",
        }
    }

    /// Returns the fault of a name; `value` is the seconds of `too-many`, the milliseconds of `slow`.
    pub fn of(name: &str, value: u64) -> Option<Self> {
        let all = [
            Self::TooMany(value),
            Self::ServerError,
            Self::BadGateway,
            Self::LateGateway,
            Self::CutBefore,
            Self::CutAfter,
            Self::CutWithin,
            Self::HangBefore,
            Self::HangAfter,
            Self::Slow(Duration::from_millis(value)),
            Self::ParseError,
            Self::Duplicates,
            Self::Reorder,
        ];
        all.into_iter().find(|fault| fault.name() == name)
    }

    fn fits(self, method: &str, marked_up: bool) -> bool {
        match self {
            Self::Duplicates | Self::Reorder => method == "getUpdates",
            Self::ParseError => marked_up,
            _ => true,
        }
    }
}

/// When a fault happens.
#[derive(Clone, Debug)]
enum When {
    /// At the call with this index, counted from 0 over all methods.
    Call(u64),
    /// At the next calls of a method; the second number is how many are let through first.
    Method { name: String, skip: u64, times: u64 },
}

/// By chance.
#[derive(Clone, Debug)]
struct Chance {
    rng: Rng,
    /// Of a million calls, so many go wrong.
    per_million: u64,
    among: Vec<Fault>,
    methods: Vec<String>,
}

/// The plan of what goes wrong, and the count of what did.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Vec<(When, Fault)>,
    chance: Option<Chance>,
    injected: BTreeMap<&'static str, u64>,
}

impl Faults {
    /// Plans a fault for the call with this index, counted from 0 over all methods.
    pub fn at(&mut self, call: u64, fault: Fault) -> &mut Self {
        self.rules.push((When::Call(call), fault));
        self
    }

    /// Plans a fault for the next call of a method.
    pub fn next(&mut self, method: &str, fault: Fault) -> &mut Self {
        self.on(method, 0, 1, fault)
    }

    /// Plans a fault for `times` calls of a method after letting `skip` through.
    pub fn on(&mut self, method: &str, skip: u64, times: u64, fault: Fault) -> &mut Self {
        if times > 0 {
            self.rules.push((When::Method { name: method.to_owned(), skip, times }, fault));
        }
        self
    }

    /// Lets every call go wrong with this probability (0 to 1), by one of `among`; `methods` empty means all.
    pub fn random(&mut self, seed: u64, probability: f64, among: &[Fault], methods: &[&str]) -> &mut Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a million"
        )]
        let per_million = (probability.clamp(0.0, 1.0) * 1e6) as u64;
        let methods = methods.iter().map(|&name| name.to_owned()).collect();
        self.chance = Some(Chance { rng: Rng::of(seed), per_million, among: among.to_vec(), methods });
        self
    }

    /// Ends all faults; the counters stay.
    pub fn clear(&mut self) {
        self.rules.clear();
        self.chance = None;
    }

    /// Returns how often each fault happened, by its name.
    pub fn injected(&self) -> BTreeMap<&'static str, u64> {
        self.injected.clone()
    }

    /// Says what goes wrong with a call.
    pub(super) fn pick(&mut self, index: u64, method: &str, marked_up: bool) -> Option<Fault> {
        let fault = self.planned(index, method, marked_up).or_else(|| self.by_chance(method, marked_up))?;
        *self.injected.entry(fault.name()).or_default() += 1;
        Some(fault)
    }

    fn planned(&mut self, index: u64, method: &str, marked_up: bool) -> Option<Fault> {
        let mut found = None;
        for (at, (when, fault)) in self.rules.iter_mut().enumerate() {
            if !fault.fits(method, marked_up) {
                continue;
            }
            match when {
                When::Call(call) if *call == index => found = Some((at, *fault, true)),
                When::Method { name, skip, times } if name.eq_ignore_ascii_case(method) => {
                    if *skip > 0 {
                        *skip -= 1;
                        continue;
                    }
                    *times -= 1;
                    found = Some((at, *fault, *times == 0));
                }
                _ => continue,
            }
            if found.is_some() {
                break;
            }
        }
        let (at, fault, used_up) = found?;
        if used_up {
            self.rules.remove(at);
        }
        Some(fault)
    }

    fn by_chance(&mut self, method: &str, marked_up: bool) -> Option<Fault> {
        let chance = self.chance.as_mut()?;
        if !chance.methods.is_empty() && !chance.methods.iter().any(|name| name.eq_ignore_ascii_case(method))
        {
            return None;
        }
        if chance.rng.below(1_000_000) >= chance.per_million {
            return None;
        }
        let fitting: Vec<_> =
            chance.among.iter().filter(|fault| fault.fits(method, marked_up)).copied().collect();
        (!fitting.is_empty()).then(|| *chance.rng.pick(&fitting))
    }
}
