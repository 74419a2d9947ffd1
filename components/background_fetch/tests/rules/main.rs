//! The machine as its driver sees it: what goes in, and what comes out of it, in words.

mod aborts_and_pauses;
mod calls;
mod crashes;
mod events_are_owed;
mod progress_is_coalesced;
mod records_and_responses;
mod rig;
mod server_lies_about_range;
mod thousand_records;
mod unavailable;
mod uploads;
