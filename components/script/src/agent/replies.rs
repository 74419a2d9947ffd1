//! Answers from other threads to questions of this one.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use crossbeam_channel::Sender;

use super::Agent;

/// The thread that was asked dropped the question: it is shutting down, or failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the browser is shutting down")]
pub(crate) struct ReplyDropped;

#[derive(Default)]
pub(super) struct Replies {
    next: Cell<u64>,
    pending: RefCell<HashMap<u64, Rc<RefCell<Slot>>>>,
}

#[derive(Default)]
struct Slot {
    answer: Option<Option<Box<dyn Any + Send>>>,
    waker: Option<Waker>,
}

impl Replies {
    pub(super) fn arrived(&self, id: u64, value: Option<Box<dyn Any + Send>>) {
        let Some(slot) = self.pending.borrow_mut().remove(&id) else { return };
        let waker = {
            let mut slot = slot.borrow_mut();
            slot.answer = Some(value);
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(super) fn clear(&self) {
        let pending = std::mem::take(&mut *self.pending.borrow_mut());
        drop(pending);
    }
}

/// Tells the asking thread when a question is dropped without an answer.
struct Question {
    id: u64,
    sender: Sender<ScriptMsg>,
    answered: bool,
}

impl Drop for Question {
    fn drop(&mut self) {
        if !self.answered {
            // If the asking thread has ended, nobody waits.
            let _ = self.sender.send(ScriptMsg::Reply { id: self.id, value: None });
        }
    }
}

/// Waits for an answer: see [`Agent::ask`].
pub(crate) struct Answer<T> {
    slot: Rc<RefCell<Slot>>,
    answer: PhantomData<T>,
}

impl<T: 'static> Future for Answer<T> {
    type Output = Result<T, ReplyDropped>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.slot.borrow_mut();
        match slot.answer.take() {
            Some(Some(value)) => Poll::Ready(value.downcast().map(|value| *value).map_err(|_| ReplyDropped)),
            Some(None) => Poll::Ready(Err(ReplyDropped)),
            None => {
                slot.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Agent {
    /// Asks another thread: `send` puts the reply into a message; the answer is awaited.
    pub(crate) fn ask<T: Send + 'static>(&self, send: impl FnOnce(Reply<T>)) -> Answer<T> {
        let id = self.replies.next.replace(self.replies.next.get() + 1);
        let slot: Rc<RefCell<Slot>> = Rc::default();
        self.replies.pending.borrow_mut().insert(id, Rc::clone(&slot));
        let mut question = Question { id, sender: self.sender.clone(), answered: false };
        send(Reply::new(move |value: T| {
            question.answered = true;
            // If the asking thread has ended, nobody waits.
            let _ = question.sender.send(ScriptMsg::Reply { id: question.id, value: Some(Box::new(value)) });
        }));
        Answer { slot, answer: PhantomData }
    }
}
