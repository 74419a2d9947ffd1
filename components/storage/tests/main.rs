//! The storage thread as the rest of the engine sees it; one file for each thing that can go wrong.

mod bodies;
mod caches;
mod children;
mod clearing;
mod common;
mod disk_full;
mod foreign_folder;
mod profile_in_use;
mod quota;
mod resume_after_kill;
