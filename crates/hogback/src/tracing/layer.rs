//! The layer that captures.

use std::cell::Cell;
use std::thread;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::Context as Spans;
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::TARGET;
use super::by_layer::{ByLayer, Key};
use super::logged::{Logged, Tagged, TaggedBy, message_alone};
use super::steps::Steps;
use crate::client::Client;
use crate::context::Context;
use crate::delivery::Note;
use crate::exception::Boundary;
use crate::{delivery, global, hooks, panic_hook, wire};

thread_local! {
    /// Whether a layer captures on this thread right now: what is logged meanwhile is not captured.
    static CAPTURES: Cell<bool> = const { Cell::new(false) };
}

/// Captures what is logged at the level `ERROR` as exceptions.
///
/// What the program's own hooks (`before_send`, `on_note`) log is not captured, nor what a client says itself,
/// nor what a panic hook logs of a panic that is [captured](crate::Config::capture_panics) already.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// `None` is the program's, whichever that is.
    client: Option<Client>,
    span_fields: Vec<String>,
    steps: bool,
    key: Key,
}

impl Layer {
    /// A layer that captures with the [program's client](crate::init); while there is none it captures nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A layer that captures with this client.
    #[must_use]
    pub fn of(client: Client) -> Self {
        Self {
            client: Some(client),
            ..Self::default()
        }
    }

    /// Fields of spans that become tags of the exceptions captured inside of them; none unless set.
    #[must_use]
    pub fn span_fields(self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            span_fields: names.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// Sends with an exception what was logged before it at the levels `INFO` and `WARN`, inside of the same outermost
    /// span: the messages, at most 32 KiB of them. Off unless set, since they may hold what shall stay here.
    #[must_use]
    pub fn steps(self, steps: bool) -> Self {
        Self { steps, ..self }
    }

    fn client(&self) -> Option<Client> {
        let client = self.client.clone().or_else(global::client);
        client.filter(|client| !client.is_disabled())
    }

    fn keep_step<S>(&self, event: &Event<'_>, spans: &Spans<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let root = spans
            .event_scope(event)
            .and_then(|scope| scope.from_root().next());
        let (Some(root), Some(client)) = (root, self.client()) else {
            return;
        };
        let mut logged = Logged::new(None::<fn(&_) -> _>);
        event.record(&mut logged);
        let level = if *event.metadata().level() == Level::WARN {
            "warning"
        } else {
            "info"
        };
        let mut extensions = root.extensions_mut();
        if let Some(steps) = ByLayer::<Steps>::entry(&mut extensions, &self.key) {
            steps.push(&logged.text(), level, &client.now().to_string());
        }
    }

    fn capture<S>(&self, event: &Event<'_>, spans: &Spans<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let Some(client) = self.client() else { return };
        let boundary = Boundary::default()
            .mechanism("logger")
            .source("tracing.event");
        let (mechanism, frames) = client.captured_here(&boundary);
        let mut kept = Some((mechanism, frames));
        let mut logged = Logged::new(Some(|error: &(dyn std::error::Error + 'static)| {
            let (mechanism, frames) = kept
                .take()
                .unwrap_or_else(|| client.captured_here(&boundary));
            crate::errors::described(error, mechanism, frames)
        }));
        event.record(&mut logged);
        let (text, message) = (logged.text(), std::mem::take(&mut logged.message));
        let exceptions = logged.exceptions.take();
        let has_error = exceptions.is_some();
        let list = exceptions.unwrap_or_else(|| {
            let (mechanism, frames) = kept
                .take()
                .unwrap_or_else(|| client.captured_here(&boundary));
            message_alone(event.metadata().target(), text, mechanism, frames)
        });
        let (tags, steps) = self.around(event, spans);
        let context = Context::below(Context::current().as_ref(), false);
        for (name, value) in tags {
            context.tag(name, value);
        }
        let mut capture = client.begin_error(|_| crate::errors::properties_of(&list, &boundary));
        if has_error && !message.is_empty() {
            capture = capture.property("message", message);
        }
        if let Some(steps) = steps {
            capture = capture.property(wire::EXCEPTION_STEPS, steps);
        }
        if !thread::panicking() {
            context.scope(|| capture.send());
            return;
        }
        // In a panic hook, most often: a panic of the program's code there would end the process.
        let send = move || {
            context.scope(|| capture.send());
        };
        if !panic_hook::elsewhere(client.clone(), send) {
            client.note(Note::Error(
                "an error that was logged in a panic is not captured, since there is no thread to be had for it".to_owned(),
            ));
        }
    }

    /// The tags of the spans around an event, the inner one's over the outer's, and the steps before it.
    fn around<S>(
        &self,
        event: &Event<'_>,
        spans: &Spans<'_, S>,
    ) -> (
        Vec<(&'static str, serde_json::Value)>,
        Option<Vec<serde_json::Value>>,
    )
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let (mut tags, mut steps) = (Vec::new(), None);
        let scope = spans.event_scope(event);
        for span in scope.into_iter().flat_map(Scope::from_root) {
            // Copied, so that nothing is captured under the span's lock.
            let extensions = span.extensions();
            if let Some(tagged) = ByLayer::<Tagged>::get(&extensions, &self.key) {
                tags.extend(tagged.tags.iter().cloned());
            }
            if steps.is_none() {
                steps = ByLayer::<Steps>::get(&extensions, &self.key).and_then(Steps::list);
            }
        }
        (tags, steps)
    }
}

impl<S> tracing_subscriber::Layer<S> for Layer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, spans: Spans<'_, S>) {
        if self.span_fields.is_empty() {
            return;
        }
        let Some(span) = spans.span(id) else { return };
        let mut tagged = Tagged::default();
        attributes.record(&mut TaggedBy {
            tagged: &mut tagged,
            allowed: &self.span_fields,
        });
        if let Some(kept) = ByLayer::entry(&mut span.extensions_mut(), &self.key) {
            *kept = tagged;
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, spans: Spans<'_, S>) {
        if self.span_fields.is_empty() {
            return;
        }
        let Some(span) = spans.span(id) else { return };
        let mut read = Tagged::default();
        values.record(&mut TaggedBy {
            tagged: &mut read,
            allowed: &self.span_fields,
        });
        // Read first: showing a value may run code of the program's, which must not find the span locked.
        if let Some(tagged) = ByLayer::<Tagged>::entry(&mut span.extensions_mut(), &self.key) {
            tagged
                .tags
                .retain(|(known, _)| read.tags.iter().all(|(name, _)| name != known));
            tagged.tags.append(&mut read.tags);
        }
    }

    fn on_event(&self, event: &Event<'_>, spans: Spans<'_, S>) {
        let metadata = event.metadata();
        let is_step = self.steps && matches!(*metadata.level(), Level::INFO | Level::WARN);
        let is_error = *metadata.level() == Level::ERROR;
        let is_nothing = !(is_step || is_error) || metadata.target() == TARGET;
        if is_nothing || hooks::is_inside_any() || delivery::is_own_thread() {
            return;
        }
        // A panic hook that logs: the panic is captured already, or nobody's news.
        if thread::panicking() && panic_hook::is_quiet() {
            return;
        }
        let busy = CAPTURES.try_with(|captures| captures.replace(true));
        if busy.unwrap_or(true) {
            return;
        }
        let _free = panic_hook::Restore(&CAPTURES, false);
        if is_error {
            self.capture(event, &spans);
        } else {
            self.keep_step(event, &spans);
        }
    }
}
