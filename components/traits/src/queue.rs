//! A queue from one thread to another one that waits for what comes, with the weight of what is in it.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

struct State<T> {
    items: VecDeque<(T, usize)>,
    /// The sum of the items' weights.
    weight: usize,
    receiver: Option<Waker>,
    /// Waits for room.
    sender: Option<Waker>,
    senders: usize,
    receiver_is_gone: bool,
}

/// The end that things are put into; clones put into the same queue. When all are dropped, the queue ends.
pub struct Sender<T>(Arc<Mutex<State<T>>>);

/// The end that they are taken from.
pub struct Receiver<T>(Arc<Mutex<State<T>>>);

/// Nobody takes anything from the queue any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody takes anything from the queue any more")]
pub struct ReceiverGone;

/// An empty queue.
#[must_use]
pub fn queue<T>() -> (Sender<T>, Receiver<T>) {
    let state = Arc::new(Mutex::new(State {
        items: VecDeque::new(),
        weight: 0,
        receiver: None,
        sender: None,
        senders: 1,
        receiver_is_gone: false,
    }));
    (Sender(Arc::clone(&state)), Receiver(state))
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl<T> Sender<T> {
    /// Puts something of a weight in, without waiting.
    ///
    /// # Errors
    /// When the receiver is gone.
    pub fn push(&self, item: T, weight: usize) -> Result<(), ReceiverGone> {
        let waker = {
            let mut state = self.0.lock();
            if state.receiver_is_gone {
                return Err(ReceiverGone);
            }
            state.items.push_back((item, weight));
            state.weight = state.weight.saturating_add(weight);
            state.receiver.take()
        };
        wake(waker);
        Ok(())
    }

    /// Waits until what is in the queue weighs less than `limit`; of several that wait, only the last one is woken.
    ///
    /// # Errors
    /// When the receiver is gone.
    pub async fn room(&self, limit: usize) -> Result<(), ReceiverGone> {
        poll_fn(|cx| {
            let mut state = self.0.lock();
            if state.receiver_is_gone {
                return Poll::Ready(Err(ReceiverGone));
            }
            if state.weight < limit {
                return Poll::Ready(Ok(()));
            }
            state.sender = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.0.lock().senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let waker = {
            let mut state = self.0.lock();
            state.senders -= 1;
            if state.senders == 0 { state.receiver.take() } else { None }
        };
        wake(waker);
    }
}

impl<T> Receiver<T> {
    /// What comes next; `None` when the queue has ended.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let (next, waker) = {
            let mut state = self.0.lock();
            match state.items.pop_front() {
                Some((item, weight)) => {
                    state.weight -= weight;
                    (Some(item), state.sender.take())
                }
                None if state.senders == 0 => (None, None),
                None => {
                    state.receiver = Some(cx.waker().clone());
                    return Poll::Pending;
                }
            }
        };
        wake(waker);
        Poll::Ready(next)
    }

    /// Waits for what comes next, as [`Receiver::poll_next`].
    pub async fn next(&mut self) -> Option<T> {
        poll_fn(|cx| self.poll_next(cx)).await
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let (items, waker) = {
            let mut state = self.0.lock();
            state.receiver_is_gone = true;
            state.weight = 0;
            (std::mem::take(&mut state.items), state.sender.take())
        };
        drop(items);
        wake(waker);
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receiver")
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_receiver_is_woken_by_what_comes_and_by_the_end() {
        let woken = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        let (sender, mut receiver) = queue();
        assert!(receiver.poll_next(&mut cx).is_pending());
        let other = sender.clone();
        drop(sender);
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        other.push('a', 1).unwrap();
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert_eq!(receiver.poll_next(&mut cx), Poll::Ready(Some('a')));
        assert!(receiver.poll_next(&mut cx).is_pending());
        drop(other);
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
        assert_eq!(receiver.poll_next(&mut cx), Poll::Ready(None));
    }

    #[test]
    fn a_sender_waits_for_room() {
        let woken = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        let (sender, mut receiver) = queue();
        sender.push((), 10).unwrap();
        let mut room = pin!(sender.room(10));
        assert!(room.as_mut().poll(&mut cx).is_pending());
        assert_eq!(receiver.poll_next(&mut cx), Poll::Ready(Some(())));
        assert_eq!(woken.0.load(Ordering::Relaxed), 1);
        assert_eq!(room.as_mut().poll(&mut cx), Poll::Ready(Ok(())));
        drop(receiver);
        assert_eq!(sender.push((), 0), Err(ReceiverGone));
    }
}
