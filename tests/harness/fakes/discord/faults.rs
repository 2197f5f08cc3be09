//! What goes wrong: by a plan for single calls, or at random from a seed, and a count of what did.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Rng;

/// What goes wrong with one REST call.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// 429 of the call's bucket; nothing is done.
    Limited(Duration),
    /// 429 of the whole bot; nothing is done.
    LimitedGlobally(Duration),
    /// A status with Discord's JSON body; nothing is done.
    Status(u16),
    /// 502 with a page of HTML, as a proxy in between answers; nothing is done.
    BadGateway,
    /// The connection ends without an answer; nothing is done.
    CutBefore,
    /// It is done, but the connection ends without an answer.
    CutAfter,
    /// No answer ever comes, and the connection stands; nothing is done.
    HangBefore,
    /// It is done, but no answer ever comes, and the connection stands.
    HangAfter,
    /// It is done, but the answer takes this long.
    Slow(Duration),
}

/// What goes wrong on the gateway.
#[derive(Clone, Debug, PartialEq)]
pub enum GatewayFault {
    /// An event comes a second time, under a sequence number of its own.
    Duplicate,
    /// An event comes after the one that follows it.
    OutOfOrder,
    /// The connection ends without a close frame.
    Cut,
    /// Opcode 7: connect again.
    Reconnect,
    /// Opcode 9: the session is gone, or may be resumed (`true`).
    Invalid(bool),
    /// Nothing comes any more, neither events nor heartbeat acknowledgements, but the connection stands.
    Mute,
}

/// Says which REST calls a fault hits. Empty fields mean any.
#[derive(Clone, Debug, Default)]
pub struct On {
    method: Option<String>,
    route: Option<String>,
    /// Hits calls until this many matched (0: from the first on).
    skip: u32,
    times: Option<u32>,
}

impl On {
    /// Any call.
    pub fn any() -> Self {
        Self::default()
    }

    /// Calls of a method whose route holds this text, for example `("POST", "/channels/{channel}/messages")`.
    ///
    /// A text that ends with `$` must be the whole end of the route.
    pub fn route(method: &str, route: &str) -> Self {
        Self { method: Some(method.to_owned()), route: Some(route.to_owned()), ..Self::default() }
    }

    /// Messages that are sent into a channel.
    pub fn send() -> Self {
        Self::route("POST", "/channels/{channel}/messages$").times(1)
    }

    /// Messages that are edited.
    pub fn edit() -> Self {
        Self::route("PATCH", "/channels/{channel}/messages/{message}$").times(1)
    }

    /// Only the `n`th of them, from 1.
    #[must_use]
    pub fn nth(self, n: u32) -> Self {
        Self { skip: n.saturating_sub(1), times: Some(1), ..self }
    }

    /// Only so many of them.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    fn matches(&self, method: &str, route: &str) -> bool {
        let method_fits = self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method));
        let route_fits = self.route.as_deref().is_none_or(|wanted| match wanted.strip_suffix('$') {
            Some(end) => route.ends_with(end),
            None => route.contains(wanted),
        });
        method_fits && route_fits
    }
}

/// Faults that come by themselves.
#[derive(Clone, Debug)]
pub struct Random {
    /// The same seed and the same calls give the same faults.
    pub seed: u64,
    /// How many of a thousand REST calls are hit.
    pub rest_per_mille: u64,
    /// By one of these.
    pub rest: Vec<Fault>,
    /// How many of a thousand dispatched events are hit.
    pub gateway_per_mille: u64,
    /// By one of these.
    pub gateway: Vec<GatewayFault>,
}

impl Random {
    /// Returns all kinds of faults that end by themselves, each as likely as the other.
    pub fn of(seed: u64, per_mille: u64) -> Self {
        let moment = Duration::from_millis(300);
        Self {
            seed,
            rest_per_mille: per_mille,
            rest: vec![
                Fault::Limited(moment),
                Fault::LimitedGlobally(moment),
                Fault::Status(500),
                Fault::Status(503),
                Fault::BadGateway,
                Fault::CutBefore,
                Fault::CutAfter,
                Fault::Slow(moment),
            ],
            gateway_per_mille: per_mille,
            gateway: vec![
                GatewayFault::Duplicate,
                GatewayFault::OutOfOrder,
                GatewayFault::Cut,
                GatewayFault::Reconnect,
                GatewayFault::Invalid(true),
                GatewayFault::Invalid(false),
                GatewayFault::Mute,
            ],
        }
    }
}

/// The plan and what came of it.
#[derive(Debug, Default)]
pub(super) struct Faults {
    plan: Vec<(On, Fault)>,
    gateway_plan: Vec<GatewayFault>,
    random: Option<(Random, Rng)>,
    injected: BTreeMap<String, u64>,
}

impl Faults {
    pub(super) fn add(&mut self, on: On, fault: Fault) {
        self.plan.push((on, fault));
    }

    /// Hits the next dispatched event.
    pub(super) fn add_gateway(&mut self, fault: GatewayFault) {
        self.gateway_plan.push(fault);
    }

    pub(super) fn at_random(&mut self, random: Option<Random>) {
        self.random = random.map(|random| {
            let rng = Rng::of(random.seed);
            (random, rng)
        });
    }

    /// Forgets the plan; what was injected stays counted.
    pub(super) fn clear(&mut self) {
        self.plan.clear();
        self.gateway_plan.clear();
        self.random = None;
    }

    /// Returns what goes wrong with a REST call, if something does.
    pub(super) fn for_call(&mut self, method: &str, route: &str) -> Option<Fault> {
        let mut hit = None;
        for (on, fault) in self.plan.iter_mut().filter(|(on, _)| on.matches(method, route)) {
            if on.skip > 0 {
                on.skip -= 1;
            } else if hit.is_none() && on.times != Some(0) {
                on.times = on.times.map(|times| times - 1);
                hit = Some(fault.clone());
            }
        }
        let fault = hit.or_else(|| {
            let (random, rng) = self.random.as_mut()?;
            (!random.rest.is_empty() && rng.below(1000) < random.rest_per_mille)
                .then(|| rng.pick(&random.rest).clone())
        })?;
        self.count(&fault);
        Some(fault)
    }

    /// Returns what goes wrong with an event, if something does.
    pub(super) fn for_event(&mut self) -> Option<GatewayFault> {
        let fault = if self.gateway_plan.is_empty() {
            let (random, rng) = self.random.as_mut()?;
            let hit = !random.gateway.is_empty() && rng.below(1000) < random.gateway_per_mille;
            hit.then(|| rng.pick(&random.gateway).clone())?
        } else {
            self.gateway_plan.remove(0)
        };
        self.count(&fault);
        Some(fault)
    }

    pub(super) fn count(&mut self, fault: &impl std::fmt::Debug) {
        let name = format!("{fault:?}");
        *self.injected.entry(name).or_default() += 1;
    }

    pub(super) fn injected(&self) -> BTreeMap<String, u64> {
        self.injected.clone()
    }
}
