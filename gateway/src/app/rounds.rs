//! What is done again and again while the gateway runs.

use std::sync::Arc;
use std::time::Duration;

use schemas::bounds::{HEALTH_INTERVAL, TICK_INTERVAL};
use schemas::event::{Event, Tick};
use tokio::time::{MissedTickBehavior, interval};

use super::certificate;
use crate::methods::Services;
use crate::supervise::Job;

/// One interval for everyone: ticks, pings, health, presence, sweeps.
pub(super) fn start(services: &Arc<Services>) {
    let owned = Arc::clone(services);
    services.jobs.keep(Job::Heartbeat, move || heartbeat(Arc::clone(&owned)));
    let owned = Arc::clone(services);
    services.jobs.keep(Job::Janitor, move || janitor(Arc::clone(&owned)));
    let schedules = services.schedules.clone();
    services.jobs.keep(Job::Schedule, move || schedules.clone().run());
    if let Some(certificate) = services.security.certificate().filter(|known| !known.is_self_signed()) {
        let owned = Arc::clone(certificate);
        services.jobs.keep(Job::Janitor, move || certificate::follow(Arc::clone(&owned)));
    }
}

async fn heartbeat(services: Arc<Services>) {
    let mut ticks = every(TICK_INTERVAL);
    let mut health = every(HEALTH_INTERVAL);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                // Together, so that one wake-up and one write of a connection send both.
                services.hub.ping();
                services.hub.publish(Event::Tick, &Tick { ts: services.clock.now() }, None);
            }
            _ = health.tick() => {
                services.health.publish(&services);
                if services.hub.presence.refresh() {
                    services.hub.publish_presence();
                }
            }
        }
    }
}

async fn janitor(services: Arc<Services>) {
    let mut sweeps = every(Duration::from_secs(1));
    loop {
        sweeps.tick().await;
        services.hub.sweep();
        services.security.sweep();
        services.canvas.sweep();
        services.workers.sweep();
    }
}

/// Ticks after each period, the first one too; missed ones are not made up for.
pub(super) fn every(period: Duration) -> tokio::time::Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    interval.reset();
    interval
}
