//! Service workers, background fetches and caches on their own thread: every other thread is played by the test.

mod background_fetches;
mod caches;
mod fetch_events;
mod globals;
mod imports;
mod lifetimes;
mod messages;
mod registrations;
mod running;
mod support;
