//! A connection's life: greeting (only `connect` is heard), connected, closed. The phases are different
//! types, so a half-open client cannot dispatch anything.

mod codec;
mod connected;
mod greeting;
mod hello;
mod socket;
mod viewer;

use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use schemas::Role;
use schemas::bounds::{CLOSE_GRACE, MAX_MESSAGE, MAX_PREAUTH_MESSAGE};
use schemas::connect::ConnectParams;
use uuid::Uuid;

use crate::canvas::SURFACE;
use crate::fleet::{self, Seat};
use crate::hub::{End, Hub, Member};
use crate::methods::{Services, Table};
use crate::security::{Admission, Peer};
use crate::work;

pub use hello::Hello;
pub use socket::Stream;
pub use viewer::{Viewer, serve_viewer};

use connected::Connected;
use greeting::{Greeted, greet};
use socket::Socket;

/// What every connection needs; one value for all.
#[derive(Debug)]
pub struct Lobby {
    /// The parts of the gateway.
    pub services: Arc<Services>,
    /// The methods.
    pub table: Arc<Table>,
    /// The parts of hello-ok that are the same for everyone.
    pub hello: Hello,
}

/// A WebSocket at its beginning.
pub struct Arrival {
    /// The upgraded stream.
    pub stream: Box<dyn Stream>,
    /// To be sent ahead of the first frame, in the same write: the response to the upgrade, unless it went out.
    pub opening: Vec<u8>,
    /// Came with the upgrade request.
    pub received: Vec<u8>,
    /// Where it comes from.
    pub peer: Peer,
}

impl std::fmt::Debug for Entering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entering").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arrival").field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// A handshake that is under way; boxed, and so freed when it is over: it needs far more memory than an idle
/// connection may hold.
pub struct Entering(BoxFuture<'static, Option<(Connected, Here)>>);

/// Runs the handshake of an upgraded connection. The connection is dropped when `evicted` is done; `evicted` is
/// dropped once the handshake is over, well or badly.
pub fn enter(lobby: Arc<Lobby>, arrival: Arrival, evicted: BoxFuture<'static, ()>) -> Entering {
    Entering(shake_hands(lobby, arrival, evicted).boxed())
}

/// Serves a connection from its handshake until it is closed.
pub async fn serve(Entering(entering): Entering) {
    let entered = entering.await;
    let Some((mut connected, here)) = entered else { return };
    let end = (&mut connected).await;
    tracing::debug!(conn = %here.member.id, code = end.code, reason = %end.reason, "Connection closed");
    let socket = connected.finish();
    drop(here);
    socket.close(&end, CLOSE_GRACE).boxed().await;
}

/// Runs the handshake. A client that is not let in, or does not stay, has been dealt with when this returns
/// `None`.
async fn shake_hands(
    lobby: Arc<Lobby>,
    Arrival { stream, opening, received, peer }: Arrival,
    evicted: BoxFuture<'static, ()>,
) -> Option<(Connected, Here)> {
    let mut socket = Socket::new(stream, opening, received, MAX_PREAUTH_MESSAGE);
    let id: Arc<str> = Uuid::new_v4().to_string().into();
    let greeted = tokio::select! {
        greeted = greet(&lobby, &mut socket, &peer, &id) => greeted,
        () = evicted => return None,
    };
    let Greeted { id: request, admission, params, early } = match greeted {
        Ok(greeted) => greeted,
        Err(end) => {
            socket.close(&end, CLOSE_GRACE).await;
            return None;
        }
    };
    let tool_events = params.caps.iter().any(|cap| cap == "tool-events");
    let member = Arc::new(Member::new(id, admission.principal.clone(), tool_events));
    socket.allow(MAX_MESSAGE);
    // Joined before hello goes out: no event between the snapshot and the first `seq` can be missed.
    let hub = Arc::clone(&lobby.services.hub);
    let membership = hub.join(Arc::clone(&member));
    // A device that lost its rights since it was admitted was not in the hub when its connections were closed.
    if !lobby.services.security.holds(&admission.seal) {
        drop(membership);
        socket.close(&End::auth_changed(), CLOSE_GRACE).await;
        return None;
    }
    let here = announce(&lobby, &member, &params, (&peer, &admission));
    let shows = member.principal.role == Role::Node || params.caps.iter().any(|cap| cap == SURFACE);
    let surface = shows.then(|| lobby.services.canvas.issue(&member, None));
    let hello = lobby.hello.answer(&request, &lobby.services, &member, (&admission, surface.as_ref()));
    if let Err(fault) = socket.send(&hello).await {
        drop((membership, here));
        socket.close(&connected::end_of(fault), CLOSE_GRACE).await;
        return None;
    }
    let mut connected =
        Connected::new(socket, Arc::clone(&lobby.services), Arc::clone(&lobby.table), membership);
    for message in early {
        connected.take_early(&message);
    }
    if let Err(fault) = connected.take_held() {
        drop(here);
        connected.finish().close(&connected::end_of(fault), CLOSE_GRACE).await;
        return None;
    }
    Some((connected, here))
}

/// A place in the presence list; leaving it is told to everyone.
struct Here {
    hub: Arc<Hub>,
    member: Arc<Member>,
    /// Set for nodes.
    _seat: Option<Seat>,
    /// Set for nodes, which may be workers.
    _work: Option<work::Seat>,
}

fn announce(
    lobby: &Lobby,
    member: &Arc<Member>,
    params: &ConnectParams,
    (peer, admission): (&Peer, &Admission),
) -> Here {
    let hub = &lobby.services.hub;
    let ip = (!peer.local && peer.unix_uid.is_none()).then(|| peer.ip.to_string());
    if hub.presence.connected(&member.id, &params.client, &member.principal, ip.clone()) {
        hub.publish_presence();
    }
    let arrival = fleet::Arrival { remote_ip: ip, by_setup_code: admission.method == "bootstrap-token" };
    let is_node = member.principal.role == Role::Node;
    let seat = is_node.then(|| lobby.services.fleet.connect(member, params, &arrival)).flatten();
    let work = seat.is_some().then(|| lobby.services.workers.seat(member));
    Here { hub: Arc::clone(hub), member: Arc::clone(member), _seat: seat, _work: work }
}

impl Drop for Here {
    fn drop(&mut self) {
        if self.hub.presence.disconnected(&self.member.id) {
            self.hub.publish_presence();
        }
    }
}
