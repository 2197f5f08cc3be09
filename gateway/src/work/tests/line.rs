//! A line in memory that loses its connection, says things twice, and says them in another order.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use nodes::work::Worker;
use nodes::work::wire::{Order, Report};
use tokio::sync::mpsc;

use crate::work::{Line, Outlet, Owner, Workers};

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Orders,
    Reports,
}

/// What goes wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// The connection is lost at this message of this way, once; whether the message still arrives.
    pub(super) cut: Option<(u32, Way, bool)>,
    /// Every third message comes twice.
    pub(super) doubles: bool,
    /// Every other message comes after the one behind it.
    pub(super) swaps: bool,
    /// One connection in so many messages is lost, drawn from this.
    pub(super) random: Option<(u64, u32)>,
}

#[derive(Debug)]
pub(super) struct Pipe(pub(super) mpsc::UnboundedSender<Order>);

impl Outlet for Pipe {
    fn give(&self, orders: Vec<Order>) -> bool {
        orders.into_iter().all(|order| self.0.send(order).is_ok())
    }

    fn close(&self, _why: &str) {}
}

struct Weather {
    faults: Faults,
    counted: [u32; 2],
    state: u64,
}

/// What happens to a message.
struct Fate {
    arrives: u8,
    cut: bool,
    late: bool,
}

impl Weather {
    fn fate(&mut self, way: Way) -> Fate {
        let count = &mut self.counted[usize::from(way == Way::Reports)];
        *count += 1;
        let count = *count;
        let doubled = self.faults.doubles && count.is_multiple_of(3);
        let late = self.faults.swaps && count.is_multiple_of(2);
        if let Some((at, cut_way, arrives)) = self.faults.cut
            && (at, cut_way) == (count, way)
        {
            self.faults.cut = None;
            return Fate { arrives: arrives.into(), cut: true, late: false };
        }
        if let Some((_, one_in)) = self.faults.random
            && self.draw().is_multiple_of(u64::from(one_in))
        {
            return Fate { arrives: u8::from(self.draw().is_multiple_of(2)), cut: true, late: false };
        }
        Fate { arrives: 1 + u8::from(doubled), cut: false, late }
    }

    /// A number that looks like chance (xorshift).
    fn draw(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }
}

/// Connects a worker again and again.
pub(super) async fn keep(workers: Arc<Workers>, worker: Arc<Worker>, faults: Faults) {
    let state = faults.random.map_or(1, |(seed, _)| seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let weather = Mutex::new(Weather { faults, counted: [0, 0], state });
    loop {
        connection(&workers, &worker, &weather).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn connection(workers: &Arc<Workers>, worker: &Arc<Worker>, weather: &Mutex<Weather>) {
    let (out, mut orders) = mpsc::unbounded_channel();
    let hub = Line::open(workers, Owner::Device("d".into()), "pipe", Arc::new(Pipe(out)));
    let mut own = worker.attach();
    let (mut late_orders, mut late_reports): (Vec<Order>, Vec<Report>) = (Vec::new(), Vec::new());
    let mut first = true;
    loop {
        tokio::select! {
            Some(order) = orders.recv() => {
                let fate = weather.lock().unwrap().fate(Way::Orders);
                if fate.late {
                    late_orders.push(order);
                    continue;
                }
                (0..fate.arrives).for_each(|_| worker.hear(order.clone()));
                if fate.cut {
                    return;
                }
                late_orders.drain(..).for_each(|late| worker.hear(late));
            }
            Some(reports) = own.next() => {
                for report in reports {
                    let fate = weather.lock().unwrap().fate(Way::Reports);
                    // A connection without its first words would be none.
                    if fate.late && !first {
                        late_reports.push(report);
                        continue;
                    }
                    first = false;
                    for _ in 0..fate.arrives {
                        let _ = workers.hear(&hub, vec![report.clone()]);
                    }
                    if fate.cut {
                        return;
                    }
                    let _ = workers.hear(&hub, std::mem::take(&mut late_reports));
                }
            }
            () = tokio::time::sleep(Duration::from_millis(20)) => {
                late_orders.drain(..).for_each(|late| worker.hear(late));
                let _ = workers.hear(&hub, std::mem::take(&mut late_reports));
            }
        }
    }
}
