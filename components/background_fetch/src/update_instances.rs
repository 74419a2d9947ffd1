//! [Update background fetch instances](https://wicg.github.io/background-fetch/#update-background-fetch-instance-algorithm).

use crate::background_fetch::BackgroundFetch;
use crate::effect::Effect;
use crate::host::Host;
use crate::throttle::Telling;
use crate::timers::Timer;

impl BackgroundFetch {
    /// [Update background fetch instances](https://wicg.github.io/background-fetch/#update-background-fetch-instance-algorithm)
    /// while it is active: at most so often (spec-decisions row 13).
    pub(crate) fn update_instances(&mut self, host: &mut Host) {
        if self.active().is_none() {
            return;
        }
        let progress = self.progress();
        match self.throttles.instances.changed(host.now, host.config.progress_interval, || progress) {
            Telling::Now(progress) => self.tell_instances(host, progress),
            Telling::At(at) => host.timers.set(Timer::Instances(self.fixed.fetch), at),
            Telling::Nothing => {}
        }
    }

    /// The trailing update is due.
    pub(crate) fn update_instances_due(&mut self, host: &mut Host) {
        let progress = self.progress();
        if let Some(progress) = self.throttles.instances.due(host.now, progress) {
            self.tell_instances(host, progress);
        }
    }

    /// The same, at once: for what is not progress. No progress follows it.
    pub(crate) fn update_instances_now(&mut self, host: &mut Host) {
        host.timers.cancel(Timer::Instances(self.fixed.fetch));
        let progress = self.progress();
        if let Some(progress) = self.throttles.instances.tell(host.now, progress) {
            self.tell_instances(host, progress);
        }
    }

    /// Asks to hear when every environment has taken in what it was told so far.
    pub(crate) fn sync_instances(&self, host: &mut Host) {
        host.push(Effect::SyncInstances {
            fetch: self.fixed.fetch,
            registration: self.fixed.registration,
            partition: self.fixed.partition.clone(),
        });
    }

    /// Steps 1 to 6; what an environment does with it is step 6's.
    fn tell_instances(
        &self,
        host: &mut Host,
        progress: bgfetch_traits::background_fetch::BackgroundFetchProgress,
    ) {
        host.push(Effect::UpdateInstances {
            fetch: self.fixed.fetch,
            registration: self.fixed.registration,
            partition: self.fixed.partition.clone(),
            progress,
        });
    }
}
