//! An answer that is on its way.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bgfetch_traits::reply::Reply;
use parking_lot::{Condvar, Mutex};

use crate::error::EngineError;

/// An answer that is on its way: a [`Future`] for those who have an executor, [`Pending::wait`] for those who do
/// not. Dropping it does not undo what was asked.
#[must_use = "what was asked happens anyway, but whether it worked is only told here"]
pub struct Pending<T> {
    shared: Arc<Shared<T>>,
    what: String,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    answer: Option<Result<T, EngineError>>,
    waker: Option<Waker>,
}

/// Answers with [`EngineError::Stopped`] when it is dropped before the real answer came.
struct Answer<T> {
    shared: Arc<Shared<T>>,
    what: String,
    done: bool,
}

impl<T> Answer<T> {
    fn set(&mut self, answer: Result<T, EngineError>) {
        self.done = true;
        let waker = {
            let mut state = self.shared.state.lock();
            state.answer = Some(answer);
            state.waker.take()
        };
        self.shared.changed.notify_all();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        if !self.done {
            let what = std::mem::take(&mut self.what);
            self.set(Err(EngineError::Stopped { what }));
        }
    }
}

impl<T: Send + 'static> Pending<T> {
    /// A pending answer and the way to give it. `what` says what was asked, such as `the script`, for the errors
    /// [`EngineError::TimedOut`] and, when the reply is dropped, [`EngineError::Stopped`].
    pub fn new(what: impl Into<String>) -> (Reply<Result<T, EngineError>>, Self) {
        let what = what.into();
        let shared = Arc::new(Shared {
            state: Mutex::new(State { answer: None, waker: None }),
            changed: Condvar::new(),
        });
        let mut answer = Answer { shared: Arc::clone(&shared), what: what.clone(), done: false };
        (Reply::new(move |value| answer.set(value)), Self { shared, what })
    }

    /// An answer that is already there.
    pub fn ready(answer: Result<T, EngineError>) -> Self {
        let (reply, pending) = Self::new("");
        reply.send(answer);
        pending
    }
}

impl<T> Pending<T> {
    /// Blocks until the answer is there.
    ///
    /// # Errors
    /// What the operation says, or [`EngineError::Stopped`].
    pub fn wait(self) -> Result<T, EngineError> {
        let mut state = self.shared.state.lock();
        loop {
            if let Some(answer) = state.answer.take() {
                return answer;
            }
            self.shared.changed.wait(&mut state);
        }
    }

    /// Blocks until the answer is there, but not longer than `limit`.
    ///
    /// # Errors
    /// What the operation says, [`EngineError::Stopped`], or [`EngineError::TimedOut`].
    pub fn wait_timeout(self, limit: Duration) -> Result<T, EngineError> {
        let deadline = Instant::now() + limit;
        let mut state = self.shared.state.lock();
        loop {
            if let Some(answer) = state.answer.take() {
                return answer;
            }
            if self.shared.changed.wait_until(&mut state, deadline).timed_out() {
                return state
                    .answer
                    .take()
                    .unwrap_or_else(|| Err(EngineError::TimedOut { what: self.what.clone(), after: limit }));
            }
        }
    }

    /// The answer if it is there; it is given once.
    pub fn try_take(&mut self) -> Option<Result<T, EngineError>> {
        self.shared.state.lock().answer.take()
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, EngineError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.shared.state.lock();
        match state.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("what", &self.what).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_from_another_thread_is_waited_for() {
        let (reply, pending) = Pending::new("the sum");
        let other = std::thread::spawn(move || reply.send(Ok(3)));
        assert_eq!(pending.wait(), Ok(3));
        other.join().unwrap();
    }

    #[test]
    fn a_dropped_reply_is_told_as_stopped() {
        let (reply, pending) = Pending::<()>::new("the sum");
        drop(reply);
        assert_eq!(pending.wait(), Err(EngineError::Stopped { what: "the sum".into() }));
    }

    #[test]
    fn waiting_ends_at_its_limit() {
        let (_reply, pending) = Pending::<()>::new("the sum");
        let error = pending.wait_timeout(Duration::from_millis(5)).unwrap_err();
        assert!(matches!(error, EngineError::TimedOut { .. }), "{error}");
    }

    #[test]
    fn polled_as_a_future_it_is_woken() {
        let (reply, mut pending) = Pending::new("the sum");
        let mut cx = Context::from_waker(Waker::noop());
        assert!(Pin::new(&mut pending).poll(&mut cx).is_pending());
        reply.send(Ok(5));
        assert_eq!(Pin::new(&mut pending).poll(&mut cx), Poll::Ready(Ok(5)));
    }
}
