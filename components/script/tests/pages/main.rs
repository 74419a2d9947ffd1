//! Pages in a window's thread: every other thread is played by the test.

mod canvases;
mod custom_elements;
mod data_objects;
mod document_write;
mod dom;
mod fonts;
mod forms;
mod frames;
mod performance;
mod ranges;
mod scripts_run_in_order;
mod shadows_and_observers;
mod streams;
mod support;
mod typed_modules;
mod url_patterns;
