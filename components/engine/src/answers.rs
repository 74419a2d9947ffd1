//! Replies that are always answered, and replies as futures.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bgfetch_traits::reply::Reply;
use parking_lot::Mutex;

/// A reply that does `then` with the answer, or with `otherwise` if it is dropped unused: because the thread that
/// was asked has ended.
pub(crate) fn reply_or<T: Send + 'static>(otherwise: T, then: impl FnOnce(T) + Send + 'static) -> Reply<T> {
    let mut guard = Guard { armed: Some((otherwise, then)) };
    Reply::new(move |value| {
        if let Some((_, then)) = guard.armed.take() {
            then(value);
        }
    })
}

struct Guard<T, F: FnOnce(T)> {
    armed: Option<(T, F)>,
}

impl<T, F: FnOnce(T)> Drop for Guard<T, F> {
    fn drop(&mut self) {
        if let Some((otherwise, then)) = self.armed.take() {
            then(otherwise);
        }
    }
}

/// The answer to a question, as a future: `None` if whoever was asked dropped the reply.
pub(crate) struct Answer<T>(Arc<Mutex<Question<T>>>);

struct Question<T> {
    answer: Option<Option<T>>,
    waker: Option<Waker>,
    /// What to do with an answer that nobody waits for any more.
    late: Option<Box<dyn FnOnce(T) + Send>>,
    given_up: bool,
}

/// A reply, and its answer as a future.
pub(crate) fn question<T: Send + 'static>() -> (Reply<T>, Answer<T>) {
    ask(None)
}

/// The same; an answer that comes when the future was dropped goes to `late`.
pub(crate) fn question_or_late<T: Send + 'static>(
    late: impl FnOnce(T) + Send + 'static,
) -> (Reply<T>, Answer<T>) {
    ask(Some(Box::new(late)))
}

fn ask<T: Send + 'static>(late: Option<Box<dyn FnOnce(T) + Send>>) -> (Reply<T>, Answer<T>) {
    let shared = Arc::new(Mutex::new(Question { answer: None, waker: None, late, given_up: false }));
    let answered = Arc::clone(&shared);
    let reply = reply_or(None, move |answer: Option<T>| {
        let mut question = answered.lock();
        if question.given_up {
            let late = question.late.take();
            drop(question);
            if let (Some(late), Some(answer)) = (late, answer) {
                late(answer);
            }
            return;
        }
        question.answer = Some(answer);
        let waker = question.waker.take();
        drop(question);
        if let Some(waker) = waker {
            waker.wake();
        }
    });
    (reply.map(Some), Answer(shared))
}

impl<T> Future for Answer<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut question = self.0.lock();
        match question.answer.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                question.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        let mut question = self.0.lock();
        question.given_up = true;
        let answer = question.answer.take();
        let late = question.late.take();
        match (answer, late) {
            (Some(Some(answer)), Some(late)) => {
                drop(question);
                late(answer);
            }
            (_, late) => question.late = late,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_reply_answers_otherwise_and_a_used_one_does_not() {
        let (told, heard) = crossbeam_channel::unbounded();
        let also = told.clone();
        drop(reply_or(1, move |value| told.send(value).unwrap()));
        reply_or(2, move |value| also.send(value).unwrap()).send(3);
        assert_eq!(heard.iter().collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn a_question_is_answered_or_given_up_by_either_side() {
        let mut cx = Context::from_waker(Waker::noop());
        let (reply, mut answer) = question();
        assert!(Pin::new(&mut answer).poll(&mut cx).is_pending());
        reply.send(5);
        assert_eq!(Pin::new(&mut answer).poll(&mut cx), Poll::Ready(Some(5)));
        let (reply, mut answer) = question::<u8>();
        drop(reply);
        assert_eq!(Pin::new(&mut answer).poll(&mut cx), Poll::Ready(None));
    }

    #[test]
    fn what_comes_too_late_is_not_lost() {
        let (told, heard) = crossbeam_channel::unbounded();
        let again = told.clone();
        let (reply, answer) = question_or_late(move |value| told.send(value).unwrap());
        drop(answer);
        reply.send(7);
        let (reply, answer) = question_or_late(move |value| again.send(value).unwrap());
        reply.send(8);
        drop(answer);
        assert_eq!(heard.iter().collect::<Vec<_>>(), [7, 8]);
    }
}
