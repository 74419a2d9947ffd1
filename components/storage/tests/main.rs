//! The storage thread as the rest of the engine sees it; one file for each thing that can go wrong.

mod bodies;
mod caches;
mod children;
mod clearing;
mod common;
mod concurrent_appends;
mod damage;
mod disk_full;
mod follow_readers;
mod foreign_folder;
mod group_commit;
mod local_storage;
mod power_loss;
mod profile_in_use;
mod quota;
mod restart;
mod resume_after_kill;
