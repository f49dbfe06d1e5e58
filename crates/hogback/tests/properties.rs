//! Whatever the server does, every captured event ends delivered, waiting, or counted as lost.

use hogback::testing::MemoryTransport;
use hogback::{Client, Config, Kind, Loss};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn captured_is_delivered_plus_lost(
        answers in prop::collection::vec(prop::sample::select(vec![200, 400, 401, 413, 500, 503]), 0..12),
        events in 1..60usize,
        flush_at in 1..20usize,
        max_queue_size in 1..40usize,
    ) {
        let server = MemoryTransport::default();
        server.answer(answers);
        let config = Config::new("key")
            .transport(server.factory())
            .flush_at(flush_at)
            .max_queue_size(max_queue_size)
            .max_retries(0);
        let client = Client::new(config);
        for _ in 0..events {
            let _ = client.capture(client.draft(Kind::Event("e".into())));
        }
        let finished = client.shutdown(None);
        let stats = client.stats();
        prop_assert!(finished || stats.lost(Loss::Undelivered) > 0, "only a busy server leaves events unsent");
        prop_assert_eq!(stats.captured, events as u64);
        prop_assert_eq!(stats.captured, stats.delivered + stats.lost_total());
        prop_assert_eq!(stats.delivered, server.events().len() as u64);
    }
}
