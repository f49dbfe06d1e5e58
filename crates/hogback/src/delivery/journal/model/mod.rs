//! A model test: whatever happens to a journal, and in whatever order, no event is lost but what the harm explains.
//!
//! Random steps are taken on a real directory with the code as it is: processes capture, settle and die, others adopt,
//! files are damaged, the machine loses its power. After every step all that is not settled must be found, by the code
//! that another process would find it with. `HOGBACK_MODEL_CASES` says how many sequences are tried.

mod disk;
mod world;

pub(super) use disk::note_synced;

use proptest::prelude::*;

use self::world::World;
use super::segment;

#[derive(Clone, Copy, Debug)]
enum Step {
    Start {
        is_tight: bool,
    },
    Capture {
        bytes: usize,
        on_disk_only: bool,
    },
    Settle {
        events: usize,
    },
    Rotate,
    Sync,
    MakeSpare,
    Pack,
    ReadBack,
    TakeOver,
    GiveUpOldest,
    Die {
        death: Death,
        share: f64,
    },
    Adopt {
        events: usize,
        bytes: usize,
    },
    SettleAdopted,
    BeginAgain,
    AdopterDies,
    Harm {
        file: usize,
        harm: Harm,
        share: f64,
        bytes: usize,
    },
    LosePower,
}

/// What a process was about when it was killed.
#[derive(Clone, Copy, Debug)]
enum Death {
    Idle,
    Appending,
    Marking,
    MakingSpare,
    Packing,
}

/// What somebody does to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Harm {
    Remove,
    Cut,
    Zeroes,
    Noise,
    Append,
    Flip,
}

fn step() -> impl Strategy<Value = Step> {
    let size = prop_oneof![
        6 => 0..300_usize,
        4 => 3_000..30_000_usize,
        3 => 100_000..500_000_usize,
        1 => Just(segment::MAX_PAYLOAD - 4_000),
    ];
    let death = prop::sample::select(vec![
        Death::Idle,
        Death::Appending,
        Death::Marking,
        Death::MakingSpare,
        Death::Packing,
    ]);
    let harm = prop::sample::select(vec![
        Harm::Remove,
        Harm::Cut,
        Harm::Zeroes,
        Harm::Noise,
        Harm::Append,
        Harm::Flip,
    ]);
    prop_oneof![
        2 => any::<bool>().prop_map(|is_tight| Step::Start { is_tight }),
        24 => (size, prop::bool::weighted(0.2)).prop_map(|(bytes, on_disk_only)| Step::Capture { bytes, on_disk_only }),
        6 => (1..6_usize).prop_map(|events| Step::Settle { events }),
        3 => Just(Step::Rotate),
        4 => Just(Step::Sync),
        2 => Just(Step::MakeSpare),
        4 => Just(Step::Pack),
        3 => Just(Step::ReadBack),
        4 => Just(Step::TakeOver),
        1 => Just(Step::GiveUpOldest),
        4 => (death, 0.0..1.0).prop_map(|(death, share)| Step::Die { death, share }),
        6 => (1..6_usize, 1..400_000_usize).prop_map(|(events, bytes)| Step::Adopt { events, bytes }),
        5 => Just(Step::SettleAdopted),
        1 => Just(Step::BeginAgain),
        2 => Just(Step::AdopterDies),
        4 => (any::<usize>(), harm, 0.0..1.0, 1..9_000_usize)
            .prop_map(|(file, harm, share, bytes)| Step::Harm { file, harm, share, bytes }),
        2 => Just(Step::LosePower),
    ]
}

fn take(world: &mut World, step: Step) {
    match step {
        Step::Start { is_tight } => world.start(is_tight),
        Step::Capture {
            bytes,
            on_disk_only,
        } => world.capture(bytes, on_disk_only),
        Step::Settle { events } => world.settle(events),
        Step::Rotate => world.rotate(),
        Step::Sync => world.sync(),
        Step::MakeSpare => world.make_spare(),
        Step::Pack => world.pack(),
        Step::ReadBack => world.read_back(),
        Step::TakeOver => world.take_over(),
        Step::GiveUpOldest => world.give_up_oldest(),
        Step::Die { death, share } => world.die(death, share),
        Step::Adopt { events, bytes } => world.adopt(events, bytes),
        Step::SettleAdopted => world.settle_adopted(),
        Step::BeginAgain => world.begin_again(),
        Step::AdopterDies => world.adopter_dies(),
        Step::Harm {
            file,
            harm,
            share,
            bytes,
        } => world.harm(file, harm, share, bytes),
        Step::LosePower => world.lose_power(),
    }
}

fn run(seed: u64, steps: impl IntoIterator<Item = Step>) {
    let mut world = World::new(seed);
    for step in steps {
        take(&mut world, step);
        world.check();
    }
}

fn capture(bytes: usize) -> Step {
    let on_disk_only = false;
    Step::Capture {
        bytes,
        on_disk_only,
    }
}

#[test]
fn a_power_cut_costs_nothing_that_was_synced_and_packed_since() {
    for seed in 0..30 {
        let before = [
            capture(100_000),
            Step::Sync,
            Step::Rotate,
            capture(10),
            Step::Rotate,
        ];
        run(
            seed,
            before
                .into_iter()
                .chain([capture(10), Step::Pack, Step::LosePower]),
        );
    }
}

#[test]
fn an_event_that_cannot_be_captured_for_want_of_room_may_have_cost_others_and_those_are_counted() {
    let tight = Step::Start { is_tight: true };
    run(0, [capture(0), tight, capture(1_044_576), capture(3_000)]);
}

fn cases() -> u32 {
    let cases = std::env::var("HOGBACK_MODEL_CASES").ok();
    cases.and_then(|cases| cases.parse().ok()).unwrap_or(40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_event_is_lost_but_what_harm_explains_and_none_comes_back_without_one(
        seed in any::<u64>(),
        steps in prop::collection::vec(step(), 1..40),
    ) {
        run(seed, steps);
    }
}
