//! What the user sees of background fetches.

use std::collections::BTreeMap;

use bgfetch_core::DisplayChange;
use bgfetch_traits::background_fetch::BackgroundFetchDisplay;
use bgfetch_traits::ids::BackgroundFetchId;
use parking_lot::Mutex;

use super::Coordinator;
use super::teller::Tell;

/// All displays that are shown, for whoever asks; in the order in which they were started.
#[derive(Debug, Default)]
pub(crate) struct Displays(Mutex<BTreeMap<BackgroundFetchId, BackgroundFetchDisplay>>);

impl Displays {
    pub(crate) fn all(&self) -> Vec<BackgroundFetchDisplay> {
        self.0.lock().values().cloned().collect()
    }

    fn set(&self, display: &BackgroundFetchDisplay) {
        self.0.lock().insert(display.fetch, display.clone());
    }
}

impl Coordinator {
    pub(super) fn display(&self, change: DisplayChange) {
        match change {
            DisplayChange::Show(display) => {
                self.links.displays.set(&display);
                self.links.teller.tell(Tell::Show(display));
            }
            DisplayChange::Update(display) => {
                self.links.displays.set(&display);
                self.links.teller.tell(Tell::Update(display));
            }
            DisplayChange::Hide(fetch) => {
                self.links.displays.0.lock().remove(&fetch);
                self.links.teller.tell(Tell::Hide(fetch));
            }
        }
    }
}
