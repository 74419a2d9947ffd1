//! [`PermissionStatus`](https://w3c.github.io/permissions/#permissionstatus-interface).

use std::cell::Cell;

use bgfetch_js::{DomString, Fallible, PlatformObject, Realm, platform_object, trace_fields};
use bgfetch_traits::coordinator::PermissionState;

use super::window_or_worker::SharedObjects;
use crate::bindings::{self, PermissionStatusMethods};
use crate::dom::EventTarget;
use crate::dom::events::event;
use crate::report::report_exception;

/// `PermissionStatus`.
pub(crate) struct PermissionStatus {
    event_target: EventTarget,
    name: &'static str,
    state: Cell<PermissionState>,
    /// It is told of changes one by one; otherwise it reads what was told last.
    listened_to: Cell<bool>,
}

trace_fields!(PermissionStatus { event_target });
platform_object!(PermissionStatus: EventTarget via event_target);

impl PermissionStatus {
    pub(super) fn new(name: &'static str, state: PermissionState) -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            name,
            state: Cell::new(state),
            listened_to: Cell::new(false),
        }
    }

    /// The state now.
    fn current(&self, realm: &Realm) -> Fallible<PermissionState> {
        if self.listened_to.get() {
            return Ok(self.state.get());
        }
        let told = SharedObjects::with(realm, |shared| Ok(shared.permissions.state(self.name)))?;
        Ok(told.unwrap_or(self.state.get()))
    }

    /// Somebody listens for `change`: the object lives as long as that may fire.
    pub(crate) fn listened_to(&self, realm: &Realm) {
        let kept = self.current(realm).and_then(|state| {
            self.state.set(state);
            self.listened_to.set(true);
            SharedObjects::with(realm, |shared| {
                shared.permissions.listen(self.root());
                Ok(())
            })
        });
        if let Err(exception) = kept {
            report_exception(realm, exception);
        }
    }

    /// [Update steps](https://w3c.github.io/permissions/#dfn-permissionstatus-update-steps).
    pub(super) fn update(&self, realm: &Realm, name: &str, state: PermissionState) -> Fallible<()> {
        if self.name == name && self.state.replace(state) != state {
            event::fire(realm, self, "change")?;
        }
        Ok(())
    }
}

impl PermissionStatusMethods for PermissionStatus {
    fn state(&self, realm: &Realm) -> Fallible<bindings::PermissionState> {
        Ok(match self.current(realm)? {
            PermissionState::Granted => bindings::PermissionState::Granted,
            PermissionState::Denied => bindings::PermissionState::Denied,
            PermissionState::Prompt => bindings::PermissionState::Prompt,
        })
    }

    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.into())
    }
}
