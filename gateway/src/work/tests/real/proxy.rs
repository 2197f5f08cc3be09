//! A network between worker and gateway that cuts connections and swallows what is on its way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::work::tests::line::Way;

/// A proxy; dropping it ends its connections.
#[derive(Debug)]
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    weather: Arc<Weather>,
    _listening: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Weather {
    /// Ends all connections there are.
    cut: Notify,
    /// Bytes of this way arrive nowhere.
    swallows: [AtomicBool; 2],
    /// Bytes of this way that still pass; then the connection is cut, once.
    passes: [AtomicU64; 2],
    /// Bytes that have come, both ways together.
    seen: AtomicU64,
}

impl Proxy {
    pub(super) async fn to(gateway: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let weather = Arc::new(Weather::default());
        for passes in &weather.passes {
            passes.store(u64::MAX, Ordering::SeqCst);
        }
        let address = listener.local_addr().unwrap();
        let mut listening = JoinSet::new();
        let shared = Arc::clone(&weather);
        listening.spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                while lines.try_join_next().is_some() {}
                lines.spawn(line(stream, gateway, Arc::clone(&shared)));
            }
        });
        Self { address, weather, _listening: listening }
    }

    /// Ends all connections; what was swallowed stays so, later connections pass.
    pub(super) fn cut(&self) {
        self.weather.cut.notify_waiters();
        for swallows in &self.weather.swallows {
            swallows.store(false, Ordering::SeqCst);
        }
    }

    /// From now on nothing of this way arrives, although it was sent.
    pub(super) fn swallow(&self, way: Way) {
        self.weather.swallows[index(way)].store(true, Ordering::SeqCst);
    }

    /// Cuts the connection after so many more bytes of this way, once.
    pub(super) fn cut_after(&self, way: Way, bytes: u64) {
        self.weather.passes[index(way)].store(bytes, Ordering::SeqCst);
    }

    /// Says whether that has happened.
    pub(super) fn has_cut(&self, way: Way) -> bool {
        self.weather.passes[index(way)].load(Ordering::SeqCst) == u64::MAX
    }

    pub(super) fn seen(&self) -> u64 {
        self.weather.seen.load(Ordering::SeqCst)
    }
}

fn index(way: Way) -> usize {
    usize::from(way == Way::Reports)
}

async fn line(mut worker: TcpStream, gateway: SocketAddr, weather: Arc<Weather>) {
    let Ok(mut gateway) = TcpStream::connect(gateway).await else { return };
    let cut = weather.cut.notified();
    let (mut from_worker, mut to_worker) = worker.split();
    let (mut from_gateway, mut to_gateway) = gateway.split();
    tokio::select! {
        () = cut => {}
        () = pass(&mut from_worker, &mut to_gateway, Way::Reports, &weather) => {}
        () = pass(&mut from_gateway, &mut to_worker, Way::Orders, &weather) => {}
    }
}

async fn pass(
    from: &mut (impl tokio::io::AsyncRead + Unpin),
    to: &mut (impl tokio::io::AsyncWrite + Unpin),
    way: Way,
    weather: &Weather,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else { return };
        weather.seen.fetch_add(read as u64, Ordering::SeqCst);
        if weather.swallows[index(way)].load(Ordering::SeqCst) {
            continue;
        }
        let passes = &weather.passes[index(way)];
        let left = passes.load(Ordering::SeqCst);
        let arrives = read.min(usize::try_from(left).unwrap_or(usize::MAX));
        if to.write_all(&buffer[..arrives]).await.is_err() {
            return;
        }
        if arrives < read {
            passes.store(u64::MAX, Ordering::SeqCst);
            return;
        }
        if left != u64::MAX {
            passes.store(left - arrives as u64, Ordering::SeqCst);
        }
    }
}
