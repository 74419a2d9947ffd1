//! What pages and workers see of a registry, driven through its inputs and effects only.

mod clients_and_messages;
mod events_and_runs;
mod fetch_and_navigation;
mod lifecycle;
mod registering;
mod restart_and_clearing;
mod routing;
mod updating;
mod world;
