//! A client hears what was wrong with its request, however much of it is still under way.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on is to fail")]

mod support;

use support::Service;

const FAR_TOO_LARGE: usize = 64 * 1024 * 1024;

#[tokio::test]
async fn a_body_far_over_the_limit_is_sent_to_its_end_and_answered() {
    let service = Service::start();
    let mut connection = service.listen().await.connect().await;
    for (path, host, status) in [
        ("/batch/", "localhost", "413"),
        ("/i/v1/analytics/events", "localhost", "401"),
        ("/flags/", "localhost", "200"),
        ("/s/", "localhost", "200"),
        ("/no/such/route", "localhost", "404"),
        ("/batch/", "evil.test", "421"),
    ] {
        let answer = connection.post(path, host, FAR_TOO_LARGE).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{path} to {host}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_client_that_stops_in_the_middle_of_a_refused_body_is_answered() {
    let service = Service::start();
    let mut connection = service.listen().await.connect().await;
    connection
        .write("POST /i/v1/analytics/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf")
        .await;
    let answer = connection.answer().await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
}
