//! One batch on its way: the requests it takes, until all of it is settled or the server cannot take it now.

use super::Core;
use super::outcome::{Delivered, Failure, Remedy};
use super::parts::{Parts, RefusesAll, Report};
use crate::Timestamp;
use crate::event::Event;
use crate::ids;

/// An event that is too large for the server is sent once more if so much could be taken away from it.
const WORTH_SHRINKING: usize = 64 * 1024;

/// What a batch has beside its events, and what came of it so far.
#[derive(Debug)]
pub(super) struct Sending {
    parts: Parts,
    attempts: u32,
    request_id: String,
    created_at: Timestamp,
}

/// Why a batch is not settled yet. What was delivered of it is not sent again.
#[derive(Debug)]
pub(super) enum Stop {
    /// The server cannot take it now.
    Wait(Failure),
    /// It will not take it before somebody has corrected the key or the host.
    Mend(Failure),
}

/// What a request says of itself.
pub(super) struct Attempt<'a> {
    pub(super) number: u32,
    pub(super) request_id: &'a str,
    pub(super) created_at: Timestamp,
}

impl Stop {
    pub(super) fn failure(&self) -> &Failure {
        match self {
            Self::Wait(failure) | Self::Mend(failure) => failure,
        }
    }
}

impl Sending {
    /// Nothing of so many events is sent yet.
    pub(super) fn of(events: usize, core: &Core) -> Self {
        let now = core.clock.unix_time();
        Self {
            parts: Parts::of(events),
            attempts: 0,
            request_id: ids::uuid_v7(now).to_string(),
            created_at: Timestamp::from_unix_time(now),
        }
    }

    /// Sends what is not settled, in as many requests as it takes.
    ///
    /// # Errors
    /// What is not settled then is sent when this is called again.
    pub(super) fn go_on(&mut self, core: &Core, events: &[Event]) -> Result<(), Stop> {
        while let Some(part) = self.parts.next() {
            let part: Vec<&Event> = part.iter().filter_map(|at| events.get(*at)).collect();
            self.attempts += 1;
            match self.attempt(core, &part) {
                Ok(delivered) => {
                    core.queue.learn_that_fits(bytes(&part));
                    self.take_in(delivered)?;
                }
                Err(failure) => self.remedy(core, &part, failure)?,
            }
        }
        Ok(())
    }

    /// Nothing that is not settled will arrive.
    pub(super) fn give_up(&mut self, failure: &Failure) {
        self.parts.give_up_all(failure);
    }

    /// What became of it.
    pub(super) fn report(self) -> Report {
        self.parts.report()
    }

    fn attempt(&self, core: &Core, events: &[&Event]) -> Result<Delivered, Failure> {
        let attempt = Attempt {
            number: self.attempts,
            request_id: &self.request_id,
            created_at: self.created_at,
        };
        core.attempt(events, &attempt)
    }

    fn take_in(&mut self, delivered: Delivered) -> Result<(), Stop> {
        match delivered {
            Delivered::All => self.parts.delivered(),
            Delivered::Each {
                verdicts,
                retry_after,
            } => {
                if self.parts.sorted_out(verdicts) {
                    return Err(Stop::Wait(Failure::Busy {
                        status: 200,
                        message: "some events are to be sent again".into(),
                        retry_after,
                    }));
                }
            }
        }
        Ok(())
    }

    fn remedy(&mut self, core: &Core, part: &[&Event], failure: Failure) -> Result<(), Stop> {
        match failure.remedy() {
            Remedy::Wait => return Err(Stop::Wait(failure)),
            Remedy::Mend => return Err(Stop::Mend(failure)),
            Remedy::Bisect => {
                let bisected = self.parts.bisect(failure);
                return bisected.map_err(|RefusesAll(failure)| Stop::Mend(failure));
            }
            Remedy::Halve if self.parts.halve() => core.queue.learn_that_is_too_large(bytes(part)),
            Remedy::Halve => return self.send_shrunk(core, part, &failure),
            Remedy::None => self.parts.give_up(&failure),
        }
        Ok(())
    }

    /// Sends what is left of a single event when the server finds it too large, if it has much that can be left out.
    fn send_shrunk(&mut self, core: &Core, part: &[&Event], failure: &Failure) -> Result<(), Stop> {
        let shrunk = part.first().and_then(|event| {
            let size = event.json().len();
            let shrunk = event.shrunk_to(size / 2)?;
            (shrunk.json().len() + WORTH_SHRINKING < size).then_some(shrunk)
        });
        let Some(shrunk) = shrunk else {
            self.parts.give_up(failure);
            return Ok(());
        };
        self.attempts += 1;
        match self.attempt(core, &[&shrunk]) {
            Ok(delivered) => self.take_in(delivered),
            Err(failure) => match failure.remedy() {
                Remedy::Wait => Err(Stop::Wait(failure)),
                Remedy::Mend => Err(Stop::Mend(failure)),
                Remedy::Halve | Remedy::Bisect | Remedy::None => {
                    self.parts.give_up(&failure);
                    Ok(())
                }
            },
        }
    }
}

fn bytes(events: &[&Event]) -> usize {
    events.iter().map(|event| event.json().len()).sum()
}
