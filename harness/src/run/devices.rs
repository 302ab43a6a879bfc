//! The devices of a run and their threads.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::interrupt::Interrupt;
use super::message::Message;
use super::worker::{Job, Reply, Turns, Worker};
use crate::bundle::Redactor;
use crate::lab::Lab;

/// A thread a device, and the inbox that they all answer to.
pub(super) struct Devices {
    names: Vec<String>,
    jobs: Vec<Sender<(u64, Job)>>,
    threads: Vec<JoinHandle<()>>,
    inbox: Receiver<Message>,
    put_off: VecDeque<Reply>,
    next_ticket: u64,
    abandoned: Arc<AtomicU64>,
}

impl Devices {
    /// Starts a thread for each of these devices, which are some of the lab's. None connects yet.
    pub(super) fn start(
        names: Vec<String>,
        lab_names: &Arc<[String]>,
        lab: &Arc<dyn Lab>,
        jobs: usize,
        redactor: &Arc<Redactor>,
        interrupt: &Interrupt,
    ) -> std::io::Result<Self> {
        let (sender, inbox) = channel();
        let turns = Arc::new(Turns::new(jobs));
        let abandoned = Arc::new(AtomicU64::new(0));
        let mut queues = Vec::with_capacity(names.len());
        let mut threads = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let (queue, work) = channel();
            let worker = Worker {
                index,
                name: name.clone(),
                lab_names: Arc::clone(lab_names),
                lab: Arc::clone(lab),
                turns: Arc::clone(&turns),
                redactor: Arc::clone(redactor),
                inbox: sender.clone(),
                abandoned: Arc::clone(&abandoned),
                session: None,
                prompt_name: None,
                gone: None,
                hopeless: false,
                notices: Vec::new(),
            };
            let thread = std::thread::Builder::new()
                .name(format!("device {name}"))
                .spawn(move || worker.run(&work))?;
            threads.push(thread);
            queues.push(queue);
        }
        interrupt.listen(move || {
            let _ = sender.send(Message::Interrupted);
        });
        Ok(Self {
            names,
            jobs: queues,
            threads,
            inbox,
            put_off: VecDeque::new(),
            next_ticket: 0,
            abandoned,
        })
    }

    /// Position of a device.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// Name of a device.
    pub(super) fn name(&self, device: usize) -> &str {
        self.names.get(device).map_or("", String::as_str)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Gives a device a job and returns the job's number.
    pub(super) fn give(&mut self, device: usize, job: Job) -> u64 {
        self.next_ticket += 1;
        let ticket = self.next_ticket;
        if let Some(queue) = self.jobs.get(device) {
            // A worker ends only when this queue does.
            let _ = queue.send((ticket, job));
        }
        ticket
    }

    /// Questions that no device has begun to answer are not asked any more: something more urgent is to be done.
    pub(super) fn abandon_questions(&self) {
        self.abandoned.store(self.next_ticket + 1, Ordering::SeqCst);
    }

    /// The next reply; none when the time is over or the run was interrupted meanwhile.
    pub(super) fn next(&mut self, until: Option<Instant>) -> Option<Reply> {
        if let Some(reply) = self.put_off.pop_front() {
            return Some(reply);
        }
        let message = match until {
            Some(until) => match self.inbox.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            },
            None => self.inbox.recv().ok()?,
        };
        match message {
            Message::Reply(reply) => Some(reply),
            Message::Interrupted => None,
        }
    }

    /// Lets every thread end once it has done what it was given, its session closed. Waits for none that is in the
    /// middle of something.
    pub(super) fn close(self) {
        drop(self.jobs);
        for thread in self.threads {
            let until = Instant::now() + Duration::from_secs(1);
            while !thread.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    /// Waits for the reply to one job, interrupted or not. Replies to other jobs are kept for later.
    pub(super) fn wait_for(&mut self, ticket: u64) -> Option<Reply> {
        if let Some(at) = self.put_off.iter().position(|reply| reply.ticket == ticket) {
            return self.put_off.remove(at);
        }
        loop {
            match self.inbox.recv().ok()? {
                Message::Reply(reply) if reply.ticket == ticket => return Some(reply),
                Message::Reply(reply) => self.put_off.push_back(reply),
                Message::Interrupted => {}
            }
        }
    }
}
