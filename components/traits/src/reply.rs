//! Single-use, typed answers to a message.

use std::fmt;

/// The way back for exactly one answer.
///
/// Dropping a reply unused tells nothing to the other side unless whoever made it arranged for that (script
/// threads do: a dropped reply rejects the promise that waits for it).
pub struct Reply<T>(Box<dyn FnOnce(T) + Send>);

impl<T: 'static> Reply<T> {
    /// A reply that runs `answer` on the thread that answers; it should only post a message and return.
    pub fn new(answer: impl FnOnce(T) + Send + 'static) -> Self {
        Self(Box::new(answer))
    }

    /// A reply nobody waits for.
    #[must_use]
    pub fn ignore() -> Self {
        Self::new(|_| ())
    }

    /// A reply together with the channel its answer arrives on, for threads that may block.
    #[must_use]
    pub fn channel() -> (Self, crossbeam_channel::Receiver<T>)
    where
        T: Send,
    {
        let (sender, receiver) = crossbeam_channel::bounded(1);
        (Self::new(move |value| drop(sender.send(value))), receiver)
    }

    /// Answers.
    pub fn send(self, value: T) {
        (self.0)(value);
    }

    /// A reply that takes `U` and hands on what `convert` makes of it.
    pub fn map<U: 'static>(self, convert: impl FnOnce(U) -> T + Send + 'static) -> Reply<U> {
        Reply::new(move |value| self.send(convert(value)))
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}
