//! The terminal: single keys in, and everything as it was at the end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Sender;
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal;

use crate::message::{Key, Message};

/// How often the thread that reads keys looks whether it should end.
const POLL: Duration = Duration::from_millis(50);

/// Reads single keys from the terminal until it is dropped, which gives the terminal back as it was.
#[derive(Debug)]
pub struct Keyboard {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Keyboard {
    /// Turns off echo and line editing, and posts keys that mean something to `inbox`.
    ///
    /// # Errors
    /// When standard input is no terminal, or a thread cannot be had.
    pub fn start(inbox: Sender<Message>) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut keyboard = Self { stop: Arc::clone(&stop), thread: None };
        // From here on, dropping `keyboard` restores the terminal, also on an early return.
        enter_key_mode()?;
        let thread = std::thread::Builder::new().name("keyboard".into());
        keyboard.thread = Some(thread.spawn(move || read_keys(&stop, &inbox))?);
        Ok(keyboard)
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been reported by itself.
            let _joined = thread.join();
        }
        restore();
    }
}

/// Gives the terminal back as it was. Doing it again does nothing.
pub fn restore() {
    if let Err(error) = terminal::disable_raw_mode() {
        tracing::warn!(%error, "the terminal could not be restored");
    }
}

fn enter_key_mode() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    // Raw mode also turns off that a line feed starts at the left: without that, every line printed from here on
    // would start where the one before ended.
    #[cfg(unix)]
    {
        use rustix::termios::{OptionalActions, OutputModes, tcgetattr, tcsetattr};

        let mut modes = tcgetattr(io::stdin())?;
        modes.output_modes |= OutputModes::OPOST | OutputModes::ONLCR;
        tcsetattr(io::stdin(), OptionalActions::Now, &modes)?;
    }
    Ok(())
}

fn read_keys(stop: &AtomicBool, inbox: &Sender<Message>) {
    while !stop.load(Ordering::Relaxed) {
        let key = match event::poll(POLL) {
            Ok(false) => continue,
            Ok(true) => event::read(),
            Err(error) => Err(error),
        };
        match key {
            Ok(Event::Key(key)) => {
                if let Some(key) = meaning(key)
                    && inbox.send(Message::Key(key)).is_err()
                {
                    return;
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "keys can no longer be read");
                return;
            }
        }
    }
}

fn meaning(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return matches!(key.code, KeyCode::Char('c' | 'd')).then_some(Key::Quit);
    }
    match key.code {
        KeyCode::Char('p' | 'P') => Some(Key::Pause),
        KeyCode::Char('r' | 'R') => Some(Key::Resume),
        KeyCode::Char('a' | 'A') => Some(Key::Abort),
        KeyCode::Char('d' | 'D') => Some(Key::Dismiss),
        KeyCode::Char('q' | 'Q') => Some(Key::Quit),
        KeyCode::Enter => Some(Key::Click),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_mean_what_help_says() {
        let plain = |code| meaning(KeyEvent::new(code, KeyModifiers::NONE));
        assert_eq!(plain(KeyCode::Char('p')), Some(Key::Pause));
        assert_eq!(plain(KeyCode::Char('r')), Some(Key::Resume));
        assert_eq!(plain(KeyCode::Char('a')), Some(Key::Abort));
        assert_eq!(plain(KeyCode::Char('d')), Some(Key::Dismiss));
        assert_eq!(plain(KeyCode::Char('q')), Some(Key::Quit));
        assert_eq!(plain(KeyCode::Enter), Some(Key::Click));
        assert_eq!(plain(KeyCode::Char('c')), None);
        assert_eq!(meaning(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), Some(Key::Quit));
        assert_eq!(meaning(KeyEvent::new(KeyCode::Char('a'), KeyModifiers::CONTROL)), None);
    }
}
