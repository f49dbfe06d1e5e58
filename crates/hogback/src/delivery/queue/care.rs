//! What the worker does for the journal while others capture. The queue is locked only to hand out and to take back.

use std::sync::MutexGuard;

use super::super::batch::TICK;
use super::super::on_disk::{Behind, Written};
use super::Queue;
use super::state::{Life, State};

impl Queue {
    /// Writes what a slow disk has kept from being written, makes the next files ready, and brings to the disk what is due.
    pub(in crate::delivery) fn take_care(&self) {
        self.write_behind();
        let wish = self.lock().disk.take_spare_wish();
        if let Some((care, missing)) = wish {
            let made = care.make_spares(missing);
            self.lock().disk.take_spares(made);
        }
        self.sync();
    }

    /// Packs one file of those that wait for a server which is away.
    pub(in crate::delivery) fn pack(&self) {
        let next = {
            let mut state = self.lock();
            state
                .circuit_is_open
                .then(|| state.disk.next_to_pack())
                .flatten()
        };
        if let Some((care, segment)) = next {
            // It stays as it is then.
            let _ = care.pack(segment);
        }
    }

    /// Waits until nothing is behind: memory has no room, or the disk has too much to write.
    pub(super) fn catch_up<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
    ) -> MutexGuard<'a, State> {
        while state.disk.behind() > 0 && state.life == Life::Open {
            if let Some((behind, first)) = state.lend_behind() {
                let written = behind.write();
                self.take_back(&mut state, written, first);
            } else {
                // The worker writes them, and tells when it has.
                state = self.wait(&self.settled, state, Some(TICK));
            }
        }
        state
    }

    fn write_behind(&self) {
        let Some((behind, first)) = self.lock().lend_behind() else {
            return;
        };
        let written = behind.write();
        self.take_back(&mut self.lock(), written, first);
        self.settled.notify_all();
    }

    fn take_back(&self, state: &mut State, written: Written, first: usize) {
        if state.life != Life::Abandoned {
            let places = state.waiting.iter_mut().skip(first).zip(&written.places);
            for (waits, place) in places {
                waits.place = Some(*place);
            }
        }
        state.disk.take_back(written, self.clock.now());
        if state.disk.has_vanished() {
            state.forget_places();
        }
    }

    fn sync(&self) {
        let files = self.lock().disk.take_unsynced(self.clock.now());
        for file in files {
            if let Err(error) = file.sync_data() {
                self.lock().disk.sync_failed(error);
            }
        }
    }
}

impl State {
    /// The journal and what is to be written into it, and where the first of these events stands among those that wait.
    fn lend_behind(&mut self) -> Option<(Behind, usize)> {
        let behind = self.disk.behind().min(self.waiting.len());
        if behind == 0 {
            return None;
        }
        let first = self.waiting.len() - behind;
        let events = self.waiting.iter().skip(first);
        let events = events.map(|waits| waits.event.json.clone()).collect();
        Some((self.disk.lend(events)?, first))
    }
}
