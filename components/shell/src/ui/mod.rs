//! What the shell shows: text with progress bars in a terminal, or a line of JSON for each event.

pub mod json;
pub mod lines;
pub mod numbers;
pub mod output;
pub mod rate;
pub mod terminal;
pub mod text;
pub mod view;
