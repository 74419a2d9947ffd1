//! What the user decides: the display's buttons, the permission, and
//! [`updateUI()`](https://wicg.github.io/background-fetch/#background-fetch-update-ui-event-update-ui).

use bgfetch_traits::background_fetch::{BackgroundFetchFailureReason, ImageResource, UiAction};
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::ids::{BackgroundFetchId, StorageKey};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::BackgroundFetchEventKind;

use crate::background_fetch::Phase;
use crate::effect::{Answer, Effect};
use crate::input::UiActionError;
use crate::machine::Machine;

impl Machine {
    /// The user acts on the display.
    pub(crate) fn ui(
        &mut self,
        id: BackgroundFetchId,
        action: UiAction,
        reply: Reply<Result<(), UiActionError>>,
    ) {
        let result = match action {
            UiAction::Pause => self.pause(id),
            UiAction::Resume => self.resume(id),
            UiAction::Abort => self.abort_by_user(id),
            UiAction::Click => self.click(id),
            UiAction::Dismiss => self.dismiss(id),
        };
        self.host.push(Effect::Answer(Answer::Ui(reply, result)));
    }

    /// Sets the [paused flag](https://wicg.github.io/background-fetch/#background-fetch-paused-flag).
    fn pause(&mut self, id: BackgroundFetchId) -> Result<(), UiActionError> {
        let fetch = self.fetches.get_mut(&id).ok_or(UiActionError::NotFound(id))?;
        if fetch.active().is_none() {
            return Err(UiActionError::Settled(id));
        }
        // Spec-decisions row 19.
        if !fetch.fixed.can_pause {
            return Err(UiActionError::NotPausable(id));
        }
        if !fetch.state.paused {
            fetch.state.paused = true;
            fetch.stop_records(&mut self.host);
            fetch.save_state(&mut self.host);
            fetch.update_display_now(&mut self.host);
        }
        Ok(())
    }

    /// Unsets the paused flag, and is an answer to the question for permission too.
    fn resume(&mut self, id: BackgroundFetchId) -> Result<(), UiActionError> {
        let fetch = self.fetches.get_mut(&id).ok_or(UiActionError::NotFound(id))?;
        if fetch.active().is_none() {
            return Err(UiActionError::Settled(id));
        }
        if fetch.is_paused(&self.host) {
            fetch.metered_allowed |= self.host.connectivity.metered;
            fetch.state.paused = false;
            fetch.state.awaiting_permission = false;
            fetch.save_state(&mut self.host);
            fetch.update_display_now(&mut self.host);
            self.advance(id);
        }
        Ok(())
    }

    fn abort_by_user(&mut self, id: BackgroundFetchId) -> Result<(), UiActionError> {
        let fetch = self.fetches.get(&id).ok_or(UiActionError::NotFound(id))?;
        if fetch.active().is_none() {
            return Err(UiActionError::Settled(id));
        }
        self.abort(id, None);
        Ok(())
    }

    /// [Fire a background fetch click event](https://wicg.github.io/background-fetch/#fire-a-background-fetch-click-event-algorithm).
    fn click(&mut self, id: BackgroundFetchId) -> Result<(), UiActionError> {
        let fetch = self.fetches.get(&id).ok_or(UiActionError::NotFound(id))?;
        fetch.fire(BackgroundFetchEventKind::Click, &mut self.host);
        Ok(())
    }

    /// The display goes away; it cannot before there is a result, unless by aborting.
    fn dismiss(&mut self, id: BackgroundFetchId) -> Result<(), UiActionError> {
        let fetch = self.fetches.get_mut(&id).ok_or(UiActionError::NotFound(id))?;
        match fetch.phase {
            Phase::Active(_) => {
                fetch.hide(&mut self.host);
                self.abort(id, None);
            }
            Phase::Settling(_) | Phase::Settled(_) | Phase::Leaving(_) => fetch.hide(&mut self.host),
            Phase::Finished => {
                self.finished.retain(|finished| *finished != id);
                self.drop_display(id);
            }
        }
        Ok(())
    }

    /// Takes down the display of a finished background fetch, the last that there is of it.
    pub(crate) fn drop_display(&mut self, id: BackgroundFetchId) {
        if let Some(mut fetch) = self.fetches.remove(&id) {
            fetch.hide(&mut self.host);
        }
    }

    /// [`updateUI()`](https://wicg.github.io/background-fetch/#background-fetch-update-ui-event-update-ui), steps 4
    /// to 7; the flags of steps 1 and 2 are script's.
    pub(crate) fn update_ui(
        &mut self,
        id: BackgroundFetchId,
        title: Option<String>,
        icons: Option<Vec<ImageResource>>,
        reply: Reply<()>,
    ) {
        // Only the events that fail and succeed have this method, and only while they are active.
        if let Some(fetch) = self.fetches.get_mut(&id)
            && matches!(fetch.phase, Phase::Settled(_))
            && fetch.state.failure_reason != BackgroundFetchFailureReason::Aborted
            && (title.is_some() || icons.is_some())
        {
            // Step 5.
            if let Some(icons) = icons {
                fetch.state.icons = icons;
            }
            // Step 6.
            if let Some(title) = title {
                fetch.state.title = title;
            }
            fetch.save_state(&mut self.host);
            fetch.update_display_now(&mut self.host);
        }
        // Step 7.
        self.host.push(Effect::Answer(Answer::UpdateUi(reply)));
    }

    /// [New information about the user's intent](https://w3c.github.io/permissions/#dfn-new-information-about-the-user-s-intent):
    /// granting lets go what waited for it, denying refuses whatever of the site is active.
    pub(crate) fn permission_changed(&mut self, partition: &StorageKey, state: PermissionState) {
        self.permission_changed_while_preparing(partition, state);
        let concerned: Vec<_> = self
            .fetches
            .iter()
            .filter(|(_, fetch)| fetch.fixed.partition == *partition && fetch.active().is_some())
            .map(|(id, _)| *id)
            .collect();
        for id in concerned {
            match state {
                PermissionState::Prompt => {}
                PermissionState::Denied => self.abort(id, None),
                PermissionState::Granted => self.granted(id),
            }
        }
    }

    fn granted(&mut self, id: BackgroundFetchId) {
        let Some(fetch) = self.fetches.get_mut(&id) else { return };
        if std::mem::take(&mut fetch.state.awaiting_permission) {
            fetch.save_state(&mut self.host);
            fetch.update_display_now(&mut self.host);
            self.advance(id);
        }
    }
}
