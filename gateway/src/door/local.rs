//! The local door: a 0600 Unix socket in the state directory. Whoever owns the process is let in without a
//! token, so that the command line can never be locked out.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{UnixListener, UnixStream};

use super::listener::{Door, wants_upgrade};
use super::routes;
use crate::security::Peer;
use crate::supervise::Job;

/// Binds the socket; one left by a killed gateway is removed (the state directory's lock proves it dead).
pub fn bind_local(path: &Path) -> std::io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt as _;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

impl Door {
    /// Accepts local connections until the gateway stops.
    pub async fn listen_local(self: Arc<Self>, listener: UnixListener) {
        loop {
            let accepted = tokio::select! {
                () = self.stopping().cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            if let Ok((stream, _)) = accepted {
                self.welcome_local(stream);
            }
        }
    }

    fn welcome_local(self: &Arc<Self>, stream: UnixStream) {
        // The mode already keeps others out; the kernel's word is the proof.
        let own = rustix::process::geteuid().as_raw();
        let uid = stream.peer_cred().map(|peer| peer.uid());
        let Some(uid) = uid.ok().filter(|uid| *uid == own || *uid == 0) else {
            tracing::warn!("Another user knocked at the local socket");
            return;
        };
        let door = Arc::clone(self);
        let service = service_fn(move |request: Request<Incoming>| {
            let response = door.answer_local(request, uid);
            async move { Ok::<_, std::convert::Infallible>(response) }
        });
        let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
        self.spawn(Job::Connection, async move {
            if let Err(error) = served.await {
                tracing::trace!(%error, "A local connection ended early");
            }
        });
    }

    fn answer_local(self: &Arc<Self>, request: Request<Incoming>, uid: u32) -> Response<Body> {
        if wants_upgrade(request.headers()) {
            return self.upgrade(request, Peer::local_user(uid), None);
        }
        routes::plain(StatusCode::NOT_FOUND, "The local socket speaks the gateway protocol only.\n")
    }
}
