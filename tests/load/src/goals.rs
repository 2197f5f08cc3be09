//! The goals that the last table checks; P1–P21 and the growth rules, with their bounds.

/// What a goal looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The median of product/limit within a round.
    Ratio,
    /// The product's own median.
    Product,
}

/// One bound.
#[derive(Debug)]
pub struct Goal {
    /// Its name in `docs/performance.md`.
    pub id: &'static str,
    /// The scenario measured.
    pub scenario: &'static str,
    /// The number looked at.
    pub value: &'static str,
    /// Against what.
    pub kind: Kind,
    /// The bound.
    pub bound: f64,
    /// Whether more is better.
    pub at_least: bool,
}

const fn ratio(id: &'static str, scenario: &'static str, value: &'static str, bound: f64) -> Goal {
    Goal { id, scenario, value, kind: Kind::Ratio, bound, at_least: false }
}

const fn ratio_up(id: &'static str, scenario: &'static str, value: &'static str, bound: f64) -> Goal {
    Goal { id, scenario, value, kind: Kind::Ratio, bound, at_least: true }
}

const fn own(id: &'static str, scenario: &'static str, value: &'static str, bound: f64) -> Goal {
    Goal { id, scenario, value, kind: Kind::Product, bound, at_least: false }
}

/// Every goal, in the order of the document.
pub const GOALS: &[Goal] = &[
    ratio("P1", "health 16x8", "cpu_us_per_op", 2.0),
    ratio_up("P1", "health 16x8", "rate", 0.5),
    ratio("P2", "health 1x1", "cpu_us_per_op", 1.25),
    ratio("P2", "health 1x1", "p50_us", 1.2),
    ratio("P3", "health 300/s", "p99_us", 1.5),
    own("P3", "health 300/s", "cpu_percent", 3.0),
    ratio("P4", "handshake known", "cpu_us_per_op", 1.3),
    own("P4", "handshake known", "written_b_per_op", 1.0),
    ratio("P5", "handshake new", "cpu_us_per_op", 1.3),
    ratio("P6", "fan-out 100x1", "cpu_us_per_op", 1.2),
    ratio("P6", "fan-out 1000x1", "cpu_us_per_op", 1.2),
    ratio("P7", "fan-out 100x8", "cpu_us_per_op", 1.5),
    own("P9", "start empty", "rss_mib", 20.0),
    own("P10", "idle 10000", "kib_per_connection", 8.0),
    own("P10", "idle 10000", "rss_mib", 100.0),
    ratio("P11", "idle 10000", "cpu_percent", 2.0),
    own("P11", "idle 10000", "cpu_percent", 1.0),
    own("P12", "start empty", "hello_ms", 50.0),
    own("P12", "start prepared", "hello_ms", 150.0),
    own("P13", "start empty", "stop_ms", 100.0),
    ratio("P14", "runs 1 at a time", "ack_p50_us", 1.3),
    ratio_up("P15", "runs 8 at a time", "rate", 0.8),
    own("P16", "runs 8 at a time", "written_b_per_op", 8192.0),
    own("P18", "stalled reader, chat", "growth_mib", 6.0),
    own("P18", "stalled reader, chat", "cut_after_s", 5.0),
    own("P18", "stalled reader, chat", "p99_ratio", 1.2),
    own("P18", "stalled reader, presence", "growth_mib", 6.0),
    ratio_up("P19", "http 16", "rate", 0.6),
    own("P20", "nodes 1000", "kib_per_connection", 8.0),
    own("P20", "nodes 1000", "rss_mib", 100.0),
    own("P20", "nodes 1000", "cpu_percent", 1.0),
    ratio("P21", "node invoke", "cpu_us_per_op", 4.0),
    ratio("P21", "node invoke", "p50_us", 4.0),
    own("G1", "growth connections", "kib_ratio", 1.1),
    own("G1", "growth connections", "health_ratio", 1.15),
    own("G1", "growth connections", "handshake_ratio", 1.2),
    own("G2", "growth subscribers", "delivery_ratio", 1.4),
    own("G3", "growth unsubscribed", "event_ratio", 1.3),
    own("G4", "growth stored runs", "cpu_ratio", 1.15),
    own("G4", "growth stored runs", "written_ratio", 1.15),
    own("G4", "growth stored runs", "list_ratio", 1.2),
    own("G4", "growth stored runs", "history_ratio", 1.2),
    own("G5", "growth transcript", "written_ratio", 1.15),
    own("G5", "growth transcript", "history_ratio", 1.2),
    own("G7", "start prepared", "times_empty", 3.0),
    own("G6", "growth devices", "handshake_ratio", 1.1),
    own("G6", "growth devices", "written_b_per_op", 1.0),
];
