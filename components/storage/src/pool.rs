//! The threads that may block on the disk.

use std::thread::JoinHandle;

use crossbeam_channel::Sender;

type Job = Box<dyn FnOnce() + Send>;

/// A fixed number of threads that run jobs in the order they come.
#[derive(Debug)]
pub(crate) struct Pool {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    pub(crate) fn new(threads: usize) -> std::io::Result<Self> {
        let (jobs, todo) = crossbeam_channel::unbounded::<Job>();
        let threads = (0..threads.max(1))
            .map(|number| {
                let todo = todo.clone();
                std::thread::Builder::new().name(format!("storage-io-{number}")).spawn(move || {
                    for job in todo {
                        job();
                    }
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { jobs: Some(jobs), threads })
    }

    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) {
        if let Some(jobs) = &self.jobs {
            // The threads live as long as the pool.
            let _accepted = jobs.send(Box::new(job));
        }
    }
}

impl Drop for Pool {
    /// Waits for the jobs that are under way or queued.
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a storage thread panicked");
            }
        }
    }
}
