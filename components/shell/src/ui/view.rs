//! A background fetch as text: what is shown is decided here, a terminal only draws it.

use std::time::Duration;

use bgfetch::traits::background_fetch::{
    BackgroundFetchDisplay, BackgroundFetchFailureReason, BackgroundFetchResult,
};

use super::numbers::{bytes, duration, harmless};

/// What is drawn for one background fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Whose it is, and its title.
    pub heading: String,
    /// How far it is.
    pub position: u64,
    /// Of how much, if that is known.
    pub length: Option<u64>,
    /// How it is going.
    pub status: String,
    /// Which keys do what with it now.
    pub keys: String,
}

/// Makes the view of `display`, which arrives at `rate` bytes a second if that is known.
#[must_use]
pub fn view(display: &BackgroundFetchDisplay, rate: Option<f64>) -> View {
    let name = if display.title.is_empty() { &display.id } else { &display.title };
    View {
        heading: format!("{}  {}", display.origin, harmless(name, false)),
        position: display.downloaded,
        length: (display.download_total > 0).then_some(display.download_total),
        status: status(display, rate),
        keys: keys(display),
    }
}

fn status(display: &BackgroundFetchDisplay, rate: Option<f64>) -> String {
    match display.result {
        BackgroundFetchResult::Success => format!("done, {}", bytes(display.downloaded)),
        BackgroundFetchResult::Failure => {
            format!("failed after {}: {}", bytes(display.downloaded), reason(display.failure_reason))
        }
        BackgroundFetchResult::Empty if display.paused => format!("paused at {}", amount(display)),
        BackgroundFetchResult::Empty if display.waiting_for_network => {
            format!("waiting for the network at {}", amount(display))
        }
        BackgroundFetchResult::Empty => {
            let mut parts = vec![amount(display)];
            parts.extend(rate.map(|rate| format!("{}/s", bytes(rate as u64))));
            parts.extend(time_left(display, rate).map(|left| format!("{} left", duration(left))));
            parts.join("  ")
        }
    }
}

fn amount(display: &BackgroundFetchDisplay) -> String {
    let mut text = match display.download_total {
        0 => bytes(display.downloaded),
        total => format!("{} of {}", bytes(display.downloaded), bytes(total)),
    };
    if display.upload_total > 0 {
        text += &format!(", sent {} of {}", bytes(display.uploaded), bytes(display.upload_total));
    }
    text
}

/// `None` when the total or the rate is not known, or nothing arrives.
fn time_left(display: &BackgroundFetchDisplay, rate: Option<f64>) -> Option<Duration> {
    let left = display.download_total.checked_sub(display.downloaded)? as f64;
    let rate = rate.filter(|rate| *rate >= 1.0 && display.download_total > 0)?;
    Duration::try_from_secs_f64(left / rate).ok()
}

/// Why a background fetch failed, in words, with the specification's name for it.
#[must_use]
pub const fn reason(reason: BackgroundFetchFailureReason) -> &'static str {
    match reason {
        BackgroundFetchFailureReason::Empty => "no reason was given",
        BackgroundFetchFailureReason::Aborted => "it was aborted (aborted)",
        BackgroundFetchFailureReason::BadStatus => "the server answered with an error status (bad-status)",
        BackgroundFetchFailureReason::FetchError => "the network failed, or forbade it (fetch-error)",
        BackgroundFetchFailureReason::QuotaExceeded => {
            "there is not enough room to store it (quota-exceeded)"
        }
        BackgroundFetchFailureReason::DownloadTotalExceeded => {
            "more came than the page had announced (download-total-exceeded)"
        }
    }
}

fn keys(display: &BackgroundFetchDisplay) -> String {
    if display.result != BackgroundFetchResult::Empty {
        return "Enter open  d dismiss  q quit".to_owned();
    }
    let pause = match (display.paused, display.can_pause) {
        (true, _) => "r resume  ",
        (false, true) => "p pause  ",
        (false, false) => "",
    };
    format!("{pause}a abort  q quit")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use bgfetch::traits::ids::{BackgroundFetchId, StorageKey};

    pub(crate) fn display() -> BackgroundFetchDisplay {
        BackgroundFetchDisplay {
            fetch: BackgroundFetchId(1),
            origin: StorageKey::of_url(&"https://localhost:40123/".parse().unwrap()).unwrap(),
            id: "ep-5".into(),
            title: "Episode 5".into(),
            icons: Vec::new(),
            download_total: 64 << 20,
            downloaded: 16 << 20,
            upload_total: 0,
            uploaded: 0,
            paused: false,
            waiting_for_network: false,
            can_pause: true,
            result: BackgroundFetchResult::Empty,
            failure_reason: BackgroundFetchFailureReason::Empty,
        }
    }

    #[test]
    fn an_active_fetch_shows_origin_title_bytes_rate_and_time_left() {
        let view = view(&display(), Some(f64::from(8 << 20)));
        assert_eq!(view.heading, "https://localhost:40123  Episode 5");
        assert_eq!(view.status, "16.0 MiB of 64.0 MiB  8.0 MiB/s  6 s left");
        assert_eq!((view.position, view.length), (16 << 20, Some(64 << 20)));
        assert_eq!(view.keys, "p pause  a abort  q quit");
    }

    #[test]
    fn what_is_not_known_is_not_shown() {
        let unknown = BackgroundFetchDisplay { download_total: 0, title: String::new(), ..display() };
        let view = view(&unknown, None);
        assert_eq!((view.heading.as_str(), view.length), ("https://localhost:40123  ep-5", None));
        assert_eq!(view.status, "16.0 MiB");
        assert_eq!(status(&unknown, Some(1024.0)), "16.0 MiB  1.0 KiB/s");
        assert_eq!(status(&display(), Some(0.0)), "16.0 MiB of 64.0 MiB  0 B/s");
    }

    #[test]
    fn a_paused_fetch_can_be_resumed_and_one_that_cannot_pause_does_not_offer_it() {
        let paused = BackgroundFetchDisplay { paused: true, ..display() };
        assert_eq!(status(&paused, None), "paused at 16.0 MiB of 64.0 MiB");
        assert_eq!(keys(&paused), "r resume  a abort  q quit");
        let upload = BackgroundFetchDisplay {
            can_pause: false,
            upload_total: 2 << 20,
            uploaded: 1 << 20,
            ..display()
        };
        assert_eq!(keys(&upload), "a abort  q quit");
        assert_eq!(status(&upload, None), "16.0 MiB of 64.0 MiB, sent 1.0 MiB of 2.0 MiB");
    }

    #[test]
    fn waiting_and_settled_fetches_say_so() {
        let waiting = BackgroundFetchDisplay { waiting_for_network: true, ..display() };
        assert_eq!(status(&waiting, None), "waiting for the network at 16.0 MiB of 64.0 MiB");
        let done = BackgroundFetchDisplay { result: BackgroundFetchResult::Success, ..display() };
        assert_eq!(
            (status(&done, None).as_str(), keys(&done).as_str()),
            ("done, 16.0 MiB", "Enter open  d dismiss  q quit")
        );
        for failure_reason in BackgroundFetchFailureReason::ALL {
            let failed = BackgroundFetchDisplay {
                result: BackgroundFetchResult::Failure,
                failure_reason: *failure_reason,
                ..display()
            };
            assert!(status(&failed, None).contains(failure_reason.as_str()));
        }
    }

    #[test]
    fn a_page_cannot_put_control_characters_into_the_display() {
        let evil = BackgroundFetchDisplay { title: "\u{1b}[31mhttps://bank.test".into(), ..display() };
        assert_eq!(view(&evil, None).heading, "https://localhost:40123  \\u{1b}[31mhttps://bank.test");
    }
}
