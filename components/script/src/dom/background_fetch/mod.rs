//! Interfaces: background_fetch.

pub(crate) mod background_fetch_event;
pub(crate) mod background_fetch_manager;
pub(crate) mod background_fetch_record;
pub(crate) mod background_fetch_registration;
pub(crate) mod background_fetch_update_ui_event;

pub(crate) use background_fetch_event::BackgroundFetchEvent;
pub(crate) use background_fetch_manager::BackgroundFetchManager;
pub(crate) use background_fetch_record::BackgroundFetchRecord;
pub(crate) use background_fetch_registration::BackgroundFetchRegistration;
pub(crate) use background_fetch_update_ui_event::BackgroundFetchUpdateUIEvent;
