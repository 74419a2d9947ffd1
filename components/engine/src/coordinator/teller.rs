//! The thread that speaks with the embedder's [`Delegate`]: one that takes its time holds nothing else up.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use bgfetch_traits::authentication::{AuthenticationRequest, Credentials};
use bgfetch_traits::background_fetch::BackgroundFetchDisplay;
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::ids::BackgroundFetchId;
use bgfetch_traits::reply::Reply;
use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::delegate::{Delegate, EngineEvent, OpenWindowRequest, PermissionRequest, WindowId};

/// What the delegate is told or asked.
pub(crate) enum Tell {
    Permission(PermissionRequest, Reply<PermissionState>),
    Show(Box<BackgroundFetchDisplay>),
    Update(Box<BackgroundFetchDisplay>),
    Hide(BackgroundFetchId),
    Authentication(AuthenticationRequest, Reply<Option<Credentials>>),
    OpenWindow(OpenWindowRequest, Reply<Option<WindowId>>),
    Event(Box<EngineEvent>),
    /// Nothing more comes.
    End,
}

/// The way to the delegate, from any thread.
#[derive(Clone)]
pub(crate) struct Teller(Sender<Tell>);

impl Teller {
    /// Starts the thread.
    pub(crate) fn spawn(delegate: Arc<dyn Delegate>) -> io::Result<(Self, JoinHandle<()>)> {
        let (sender, receiver) = unbounded();
        let thread = std::thread::Builder::new()
            .name("delegate".to_owned())
            .spawn(move || serve(&*delegate, &receiver))?;
        Ok((Self(sender), thread))
    }

    /// Told in the order of the calls. A delegate that has panicked is told nothing more; what it is asked counts
    /// as refused.
    pub(crate) fn tell(&self, tell: Tell) {
        let _gone = self.0.send(tell);
    }

    pub(crate) fn event(&self, event: EngineEvent) {
        self.tell(Tell::Event(Box::new(event)));
    }
}

fn serve(delegate: &dyn Delegate, tells: &Receiver<Tell>) {
    for tell in tells {
        match tell {
            Tell::Permission(request, reply) => delegate.background_fetch_permission(request, reply),
            Tell::Show(display) => delegate.show_background_fetch(&display),
            Tell::Update(display) => delegate.update_background_fetch(&display),
            Tell::Hide(fetch) => delegate.hide_background_fetch(fetch),
            Tell::Authentication(request, reply) => delegate.http_authentication(request, reply),
            Tell::OpenWindow(request, reply) => delegate.open_window(request, reply),
            Tell::Event(event) => delegate.event(*event),
            Tell::End => return,
        }
    }
}
