//! What of a batch is still to be sent, and in which requests.
//!
//! Usually it is all of it in one. A server that finds the request too large gets halves; one that cannot read it gets
//! halves too, until the events it chokes on stand alone, so that one bad event does not take ninety-nine others with it;
//! one that speaks of each event gets those again that it wants again.

use std::collections::VecDeque;

use super::outcome::Failure;
use crate::wire::v1::Verdict;

/// From so many refusals on, with nothing accepted, single events are tried instead of halves: if the server can read any
/// event at all, one of these will show it.
const REFUSALS_OF_HALVES: usize = 15;

/// After so many refusals, with nothing accepted, it is not the events: the server refuses whatever it is sent.
const REFUSALS: usize = 20;

/// The state of one batch. Events are known by their places in it.
#[derive(Debug)]
pub(super) struct Parts {
    open: VecDeque<Vec<usize>>,
    delivered: usize,
    lost: Vec<(usize, Failure)>,
    /// Single events that were refused before any was accepted: lost, if the server accepts another.
    suspects: Vec<(usize, Failure)>,
    refusals: usize,
    any_accepted: bool,
}

/// The server refuses whatever it is sent.
#[derive(Debug, PartialEq)]
pub(super) struct RefusesAll(pub(super) Failure);

/// What became of a batch, in the end.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Report {
    pub(super) delivered: usize,
    /// Places of the events that are lost, ascending, and why.
    pub(super) lost: Vec<(usize, Failure)>,
}

impl Report {
    /// What became of several batches in a row, each with the number of its events.
    pub(super) fn of_all(reports: impl IntoIterator<Item = (Self, usize)>) -> Self {
        let (mut all, mut before) = (Self::default(), 0);
        for (report, events) in reports {
            all.delivered += report.delivered;
            let lost = report.lost.into_iter();
            all.lost
                .extend(lost.map(|(at, failure)| (before + at, failure)));
            before += events;
        }
        all
    }
}

impl Parts {
    /// A batch of so many events, none of them sent.
    pub(super) fn of(events: usize) -> Self {
        let whole = (events > 0).then(|| (0..events).collect());
        Self {
            open: whole.into_iter().collect(),
            delivered: 0,
            lost: Vec::new(),
            suspects: Vec::new(),
            refusals: 0,
            any_accepted: false,
        }
    }

    /// The events of the next request; `None` when there is none to make.
    pub(super) fn next(&mut self) -> Option<&[usize]> {
        if !self.any_accepted
            && self.refusals >= REFUSALS_OF_HALVES
            && let Some(part) = self.open.front_mut()
            && part.len() > 1
        {
            let rest = part.split_off(1);
            self.open.push_back(rest);
        }
        self.open.front().map(Vec::as_slice)
    }

    /// They have arrived.
    pub(super) fn delivered(&mut self) {
        if let Some(part) = self.open.pop_front() {
            self.delivered += part.len();
            self.accepted();
        }
    }

    /// The server has spoken of each; returns whether it wants some again.
    pub(super) fn sorted_out(&mut self, verdicts: Vec<Verdict>) -> bool {
        let part = self.open.pop_front().unwrap_or_default();
        let mut again = Vec::new();
        for (event, verdict) in part.into_iter().zip(verdicts) {
            match verdict {
                Verdict::Delivered => self.delivered += 1,
                Verdict::Again => again.push(event),
                Verdict::Dropped(reason) => self.lost.push((event, Failure::Dropped { reason })),
            }
        }
        self.accepted();
        let wants_some = !again.is_empty();
        if wants_some {
            self.open.push_front(again);
        }
        wants_some
    }

    /// The server could read the request: what it could not read before was the events' fault.
    fn accepted(&mut self) {
        self.any_accepted = true;
        self.lost.append(&mut self.suspects);
    }

    /// They are too much for one request: sends halves. `false` for a single event, which has none.
    pub(super) fn halve(&mut self) -> bool {
        let Some((first, second)) = self.split() else {
            return false;
        };
        self.open.push_front(second);
        self.open.push_front(first);
        true
    }

    /// The server cannot read them, so some of them are bad, or all, or the server is.
    ///
    /// # Errors
    /// [`RefusesAll`] when the server has accepted none of the events, however few it was sent. All of them are open again then.
    pub(super) fn bisect(&mut self, failure: Failure) -> Result<(), RefusesAll> {
        self.refusals += 1;
        let is_alone = self.refusals == 1 && self.open.len() == 1;
        if let Some((first, second)) = self.split() {
            // Behind all others: what is bad often comes in a row, and what is good elsewhere shows that the server works.
            self.open.push_back(first);
            self.open.push_back(second);
        } else {
            let single = self.open.pop_front().unwrap_or_default();
            let single = single.into_iter().map(|event| (event, failure.clone()));
            if self.any_accepted {
                self.lost.extend(single);
            } else {
                self.suspects.extend(single);
            }
        }
        if self.any_accepted || (self.refusals < REFUSALS && !self.open.is_empty()) || is_alone {
            return Ok(());
        }
        let suspects = std::mem::take(&mut self.suspects).into_iter();
        let mut all: Vec<usize> = suspects.map(|(event, _)| event).collect();
        all.extend(self.open.drain(..).flatten());
        all.sort_unstable();
        self.open.push_back(all);
        self.refusals = 0;
        Err(RefusesAll(failure))
    }

    /// They will never arrive.
    pub(super) fn give_up(&mut self, failure: &Failure) {
        let part = self.open.pop_front().unwrap_or_default();
        let lost = part.into_iter().map(|event| (event, failure.clone()));
        self.lost.extend(lost);
    }

    /// Nothing of what is open will ever arrive.
    pub(super) fn give_up_all(&mut self, failure: &Failure) {
        while !self.open.is_empty() {
            self.give_up(failure);
        }
    }

    /// What became of it, once nothing is open.
    pub(super) fn report(mut self) -> Report {
        self.lost.append(&mut self.suspects);
        self.lost.sort_unstable_by_key(|(event, _)| *event);
        Report {
            delivered: self.delivered,
            lost: self.lost,
        }
    }

    fn split(&mut self) -> Option<(Vec<usize>, Vec<usize>)> {
        let part = self.open.front_mut().filter(|part| part.len() > 1)?;
        let second = part.split_off(part.len() / 2);
        let first = self.open.pop_front()?;
        Some((first, second))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(status: u16) -> Failure {
        Failure::Rejected {
            status,
            message: String::new(),
        }
    }

    /// Sends a batch to a server that chokes on some events; returns what became of it, and the requests it took.
    fn bisected(events: usize, bad: &[usize]) -> (Result<Report, RefusesAll>, usize) {
        let (mut parts, mut requests) = (Parts::of(events), 0);
        while let Some(part) = parts.next() {
            requests += 1;
            assert!(requests <= 4 * events, "it does not end");
            if part.iter().any(|event| bad.contains(event)) {
                if let Err(all) = parts.bisect(refusal(400)) {
                    let open: Vec<_> = parts.open.iter().flatten().copied().collect();
                    assert_eq!(open, (0..events).collect::<Vec<_>>(), "all are open again");
                    return (Err(all), requests);
                }
            } else {
                parts.delivered();
            }
        }
        (Ok(parts.report()), requests)
    }

    fn places(report: &Report) -> Vec<usize> {
        report.lost.iter().map(|(event, _)| *event).collect()
    }

    #[test]
    fn one_bad_event_among_a_hundred_is_found_with_few_requests_wherever_it_stands() {
        for bad in 0..100 {
            let (report, requests) = bisected(100, &[bad]);
            let report = report.unwrap();
            assert_eq!((report.delivered, places(&report)), (99, vec![bad]));
            assert!(requests <= 16, "{requests} requests for {bad}");
        }
    }

    #[test]
    fn bad_events_in_a_row_or_at_both_ends_cost_themselves_alone() {
        for bad in [&[0, 1, 2, 3, 4, 5, 6, 7][..], &[0, 99], &[0, 50], &[98, 99]] {
            let report = bisected(100, bad).0.unwrap();
            assert_eq!(
                (report.delivered, places(&report)),
                (100 - bad.len(), bad.to_vec())
            );
        }
    }

    #[test]
    fn a_server_that_refuses_everything_is_not_asked_for_ever_and_costs_no_event() {
        for events in [2, 3, 10, 100, 1000] {
            let all: Vec<usize> = (0..events).collect();
            let (report, requests) = bisected(events, &all);
            assert_eq!(report, Err(RefusesAll(refusal(400))));
            assert!(requests <= REFUSALS, "{requests} requests for {events}");
        }
    }

    #[test]
    fn single_events_are_tried_after_many_halves_until_one_is_accepted() {
        let mut parts = Parts::of(1000);
        for _ in 0..REFUSALS_OF_HALVES {
            assert!(parts.next().unwrap().len() > 1);
            parts.bisect(refusal(400)).unwrap();
        }
        assert_eq!(parts.next().unwrap().len(), 1);
        parts.delivered();
        assert!(parts.next().unwrap().len() > 1);
    }

    #[test]
    fn an_event_that_is_alone_in_its_batch_is_refused_once() {
        let (report, requests) = bisected(1, &[0]);
        assert_eq!((places(&report.unwrap()), requests), (vec![0], 1));
    }

    #[test]
    fn halves_are_sent_in_order_until_single_events_are_left() {
        let (mut parts, mut sent) = (Parts::of(5), Vec::new());
        while let Some(part) = parts.next().map(<[usize]>::to_vec) {
            if part.len() <= 2 {
                sent.extend(part);
                parts.delivered();
            } else {
                assert!(parts.halve());
            }
        }
        assert_eq!(sent, [0, 1, 2, 3, 4]);
        assert_eq!(
            parts.report(),
            Report {
                delivered: 5,
                lost: vec![]
            }
        );
    }

    #[test]
    fn a_single_event_has_no_halves() {
        let mut parts = Parts::of(1);
        assert!(!parts.halve());
        parts.give_up(&refusal(413));
        assert_eq!(parts.report().lost, [(0, refusal(413))]);
    }

    #[test]
    fn what_the_server_wants_again_is_sent_again_and_nothing_else() {
        let mut parts = Parts::of(4);
        let dropped = Verdict::Dropped("bad".into());
        let verdicts = vec![Verdict::Again, Verdict::Delivered, dropped, Verdict::Again];
        assert!(parts.sorted_out(verdicts));
        assert_eq!(parts.next(), Some(&[0, 3][..]));
        assert!(!parts.sorted_out(vec![Verdict::Delivered; 2]));
        let reason = Failure::Dropped {
            reason: "bad".into(),
        };
        assert_eq!(
            parts.report(),
            Report {
                delivered: 3,
                lost: vec![(2, reason)]
            }
        );
    }

    #[test]
    fn what_is_given_up_is_lost_but_not_what_was_delivered_before() {
        let mut parts = Parts::of(4);
        parts.halve();
        parts.delivered();
        parts.give_up_all(&refusal(401));
        let report = parts.report();
        assert_eq!((report.delivered, places(&report)), (2, vec![2, 3]));
    }

    #[test]
    fn reports_of_several_requests_are_one_of_their_batch() {
        let lost = |at| vec![(at, refusal(415))];
        let one = Report {
            delivered: 2,
            lost: lost(1),
        };
        let two = Report {
            delivered: 4,
            lost: lost(0),
        };
        let all = Report::of_all([(one, 3), (two, 5)]);
        assert_eq!((all.delivered, places(&all)), (6, vec![1, 3]));
    }

    #[test]
    fn nothing_is_sent_of_an_empty_batch() {
        assert_eq!(Parts::of(0).next(), None);
    }

    proptest! {
        #[test]
        fn a_server_that_can_read_most_events_gets_all_of_those(
            events in 1_usize..300,
            bad in prop::collection::btree_set(any::<prop::sample::Index>().prop_map(|index| index.index(300)), 0..6),
        ) {
            let bad: Vec<usize> = bad.into_iter().filter(|event| *event < events).collect();
            prop_assume!(events == 1 || bad.len() * 2 <= events);
            let report = bisected(events, &bad).0.unwrap();
            prop_assert_eq!(report.delivered, events - bad.len());
            prop_assert_eq!(places(&report), bad);
        }
    }
}
