//! [Display](https://wicg.github.io/background-fetch/#background-fetch-display-algorithm): what the user sees.

use bgfetch_traits::background_fetch::BackgroundFetchDisplay;

use crate::background_fetch::BackgroundFetch;
use crate::effect::{DisplayChange, Effect};
use crate::host::Host;
use crate::throttle::{Telling, Throttle};
use crate::timers::Timer;

impl BackgroundFetch {
    /// What the user sees now.
    pub(crate) fn display(&self, host: &Host) -> BackgroundFetchDisplay {
        BackgroundFetchDisplay {
            fetch: self.fixed.fetch,
            origin: self.fixed.partition.clone(),
            id: self.fixed.id.clone(),
            title: self.state.title.clone(),
            icons: self.state.icons.clone(),
            download_total: self.fixed.totals.download,
            downloaded: self.stored_body_bytes_total,
            upload_total: self.fixed.totals.upload,
            uploaded: self.state.uploaded,
            paused: self.active().is_some() && self.is_paused(host),
            waiting_for_network: self.is_waiting_for_network(host),
            can_pause: self.fixed.can_pause,
            result: self.state.result,
            failure_reason: self.state.failure_reason,
        }
    }

    /// Brings the display up.
    pub(crate) fn show(&mut self, host: &mut Host) {
        self.throttles.shown = true;
        let display = self.display(host);
        self.throttles.display = Throttle::known(display.clone());
        host.push(Effect::Display(DisplayChange::Show(Box::new(display))));
    }

    /// Something of an active one, which is always shown, may have changed; a user sees it soon.
    pub(crate) fn update_display(&mut self, host: &mut Host) {
        let mut throttle = std::mem::take(&mut self.throttles.display);
        let telling = throttle.changed(host.now, host.config.display_interval, || self.display(host));
        self.throttles.display = throttle;
        match telling {
            Telling::Now(display) => host.push(Effect::Display(DisplayChange::Update(Box::new(display)))),
            Telling::At(at) => host.timers.set(Timer::Display(self.fixed.fetch), at),
            Telling::Nothing => {}
        }
    }

    /// The trailing change is due.
    pub(crate) fn update_display_due(&mut self, host: &mut Host) {
        let display = self.display(host);
        if let Some(display) = self.throttles.display.due(host.now, display) {
            host.push(Effect::Display(DisplayChange::Update(Box::new(display))));
        }
    }

    /// The same, at once: for what a user did, and for results.
    pub(crate) fn update_display_now(&mut self, host: &mut Host) {
        if !self.throttles.shown {
            return;
        }
        host.timers.cancel(Timer::Display(self.fixed.fetch));
        let display = self.display(host);
        if let Some(display) = self.throttles.display.tell(host.now, display) {
            host.push(Effect::Display(DisplayChange::Update(Box::new(display))));
        }
    }

    /// Takes the display down.
    pub(crate) fn hide(&mut self, host: &mut Host) {
        host.timers.cancel(Timer::Display(self.fixed.fetch));
        if std::mem::take(&mut self.throttles.shown) {
            host.push(Effect::Display(DisplayChange::Hide(self.fixed.fetch)));
        }
    }
}
