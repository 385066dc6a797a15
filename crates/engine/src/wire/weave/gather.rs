//! Calls, put together from their records as these are read.

use crate::wire::record::{self, Begun, Ended, FromCache, Record, Returned, Sent, SpoolError};
use domain::AttemptOutcome;
use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// More of an answer than this is not kept: its beginning is what is shown of it.
const LONGEST: usize = 16 << 20;
/// So much of a file is read at a time.
const STEP: u64 = 1 << 20;

/// A call that is over, or will never be.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) begun: Box<Begun>,
    /// The caller's body, where it is captured.
    pub(super) body: Vec<u8>,
    pub(super) tried: Vec<Tried>,
    /// Where the answer had been given before: what is known of that, and its parts as JSON.
    pub(super) cached: Option<(Box<FromCache>, Vec<u8>)>,
    /// `None` where its process died first.
    pub(super) ended: Option<Box<Ended>>,
    /// The first file that has a record of it.
    pub(super) file: u32,
}

/// An upstream call.
#[derive(Debug)]
pub(super) struct Tried {
    pub(super) sent: Box<Sent>,
    /// The body that was sent, where it is captured and not the caller's own.
    pub(super) body: Vec<u8>,
    pub(super) came: Vec<u8>,
    /// Whether more of it came than is kept.
    pub(super) cut: bool,
    pub(super) returned: Option<Box<Returned>>,
}

impl Tried {
    /// Whether it has brought content.
    fn has_said(&self) -> bool {
        self.returned.as_ref().map_or(!self.came.is_empty(), |returned| {
            returned.first_ms.is_some() || returned.outcome == AttemptOutcome::Complete
        })
    }

    /// Whether somebody else who was asked beside it answered first.
    pub(super) fn passed_over(&self) -> bool {
        self.returned.as_ref().is_some_and(|returned| returned.passed_over)
    }
}

impl Call {
    /// The upstream call that is the answer, or would have become it.
    pub(super) fn answering(&self) -> Option<&Tried> {
        let saying = self.saying();
        let said = saying.iter().rev().find(|at| self.tried[**at].has_said());
        said.or(saying.first()).map(|at| &self.tried[*at])
    }

    /// The upstream calls that have said the answer: one, or several that went on with each other. Of two that were
    /// asked beside each other that is not always the one that was asked last.
    pub(super) fn saying(&self) -> Vec<usize> {
        let own = |at: &usize| !self.tried[*at].passed_over();
        let begins = |at: &usize| own(at) && !self.tried[*at].sent.resumes;
        let all = || (0..self.tried.len()).rev();
        let first = all().filter(begins).find(|at| self.tried[*at].has_said()).or_else(|| all().find(begins));
        let Some(first) = first else { return all().take(1).collect() };
        let goes_on = |at: &usize| own(at) && self.tried[*at].sent.resumes;
        std::iter::once(first).chain((first + 1..self.tried.len()).filter(goes_on)).collect()
    }

    /// About how much memory it takes.
    pub(super) fn size(&self) -> usize {
        self.body.len() + self.tried.iter().map(|one| one.body.len() + one.came.len()).sum::<usize>()
    }
}

/// Calls whose end was not read yet.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    open: HashMap<u64, Call>,
}

/// How reading went.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Bytes that were read and understood.
    pub(super) taken: u64,
    /// Calls whose end was among them.
    pub(super) over: Vec<Call>,
    /// What follows is none of ours.
    pub(super) damaged: Option<SpoolError>,
}

impl Gathered {
    /// Whether nothing is open.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The calls that are open.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.open.values()
    }

    /// The first file that an open call has a record in.
    pub(super) fn first_file(&self) -> Option<u32> {
        self.open.values().map(|call| call.file).min()
    }

    /// All calls that are still open: nobody will end them.
    pub(super) fn give_up(&mut self) -> Vec<Call> {
        let mut calls: Vec<(u64, Call)> = self.open.drain().collect();
        calls.sort_unstable_by_key(|(number, _)| *number);
        calls.into_iter().map(|(_, call)| call).collect()
    }

    /// Reads a file from `from` on, up to `until`, and no more of it than a good batch takes.
    pub(super) fn read(&mut self, path: &Path, number: u32, from: u64, until: u64) -> io::Result<Progress> {
        let mut progress = Progress::default();
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        let mut want = STEP.min(until.saturating_sub(from));
        let mut buffer = Vec::new();
        while want > 0 {
            buffer.clear();
            file.by_ref().take(want).read_to_end(&mut buffer)?;
            let mut at = 0;
            loop {
                match record::read(&buffer[at..]) {
                    Ok(Some((call, record, taken))) => {
                        at += taken;
                        progress.over.extend(self.take(call, record, number));
                    }
                    Ok(None) => break,
                    Err(error) => {
                        progress.damaged = Some(error);
                        break;
                    }
                }
            }
            progress.taken = at as u64;
            // One record may be longer than a step; then a longer one is tried.
            let all = buffer.len() as u64 >= until.saturating_sub(from) || (buffer.len() as u64) < want;
            if at > 0 || progress.damaged.is_some() || all {
                break;
            }
            want = (want * 4).min(until.saturating_sub(from));
            file.seek(SeekFrom::Start(from))?;
        }
        Ok(progress)
    }

    /// Takes a record in; the call, where it was its last.
    fn take(&mut self, number: u64, record: Record, file: u32) -> Option<Call> {
        match record {
            Record::Begun(begun, body) => {
                self.open
                    .insert(number, Call { begun, body, tried: Vec::new(), cached: None, ended: None, file });
            }
            Record::Sent(sent, body) => {
                if let Some(call) = self.open.get_mut(&number) {
                    call.tried.push(Tried { sent, body, came: Vec::new(), cut: false, returned: None });
                }
            }
            Record::Bytes(of, bytes) => {
                let tried = self.open.get_mut(&number).map_or(&mut [][..], |call| &mut call.tried);
                let whose = match of {
                    Some(of) => tried.iter_mut().find(|one| one.sent.attempt == of),
                    None => tried.last_mut(),
                };
                if let Some(one) = whose {
                    let room = LONGEST.saturating_sub(one.came.len()).min(bytes.len());
                    one.came.extend_from_slice(&bytes[..room]);
                    one.cut |= room < bytes.len();
                }
            }
            Record::Returned(returned) => {
                if let Some(call) = self.open.get_mut(&number)
                    && let Some(one) = call.tried.iter_mut().find(|one| one.sent.attempt == returned.attempt)
                {
                    one.returned = Some(returned);
                }
            }
            Record::Cached(from, parts) => {
                if let Some(call) = self.open.get_mut(&number) {
                    call.cached = Some((from, parts));
                }
            }
            Record::Ended(ended) => {
                let mut call = self.open.remove(&number)?;
                call.ended = Some(ended);
                return Some(call);
            }
        }
        None
    }
}
