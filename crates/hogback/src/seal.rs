//! Seals a draft: decides, for each property, which layer has the last word, and freezes the event.
//!
//! The layers are those of the official Python package, so that dashboards built on it keep their meaning. Each name is
//! written by the first layer of the list that has it.

use std::sync::LazyLock;

use serde::Serialize;

use crate::blocks;
use crate::context::Surroundings;
use crate::draft::{Draft, Kind};
use crate::event::Event;
use crate::fit::fit;
use crate::loss::Refusal;
use crate::merged::Merged;
use crate::properties::Properties;
use crate::wire;

/// What a client puts on all its events.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// `$lib` and `$lib_version`.
    pub library: &'a Properties,
    /// Runtime and operating system.
    pub system: &'a Properties,
    /// The client's super properties.
    pub super_properties: Option<&'a Properties>,
    /// The deployed release, if the environment names it.
    pub release_id: Option<&'a str>,
    /// Whether the events come from a server.
    pub is_server: bool,
    /// Whether the server shall not look up where the sender is.
    pub disable_geoip: bool,
}

/// A source of properties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    IsServer,
    Super,
    Library,
    Geoip,
    Groups,
    ContextTags,
    System,
    Own,
    Tags,
    Session,
    Personless,
    Release,
}

use Layer::{
    ContextTags, Geoip, Groups, IsServer, Library, Own, Personless, Release, Session, Super,
    System, Tags,
};

/// The layers of an event's `properties`, highest first.
const fn layers(kind: &Kind) -> &'static [Layer] {
    match kind {
        Kind::Event(_) => &[
            IsServer,
            Super,
            Library,
            Geoip,
            Groups,
            ContextTags,
            System,
            Own,
            Tags,
            Session,
            Personless,
            Release,
        ],
        Kind::Set | Kind::SetOnce => &[IsServer, Super, Library, Geoip, Release],
        Kind::GroupIdentify | Kind::Alias => {
            &[IsServer, Super, Library, Geoip, Own, Session, Release]
        }
    }
}

/// The layers of a `$set` or `$set_once` map, highest first.
const PERSON_LAYERS: &[Layer] = &[ContextTags, Own, Tags, Session];

/// Decides what a draft becomes.
///
/// `anonymous_id` is asked for an id when nobody said who: the event is then *personless*, it makes no person profile.
///
/// # Errors
/// [`Refusal::NothingToSet`] for a person's properties without a person or without properties.
pub fn seal(
    draft: &Draft,
    around: &Surroundings,
    standing: &Standing<'_>,
    anonymous_id: impl FnOnce() -> String,
) -> Result<Event, Refusal> {
    let known = [&draft.distinct_id, &around.distinct_id]
        .into_iter()
        .flatten()
        .find(|id| !id.is_empty());
    let parts = Parts {
        draft,
        around,
        standing,
        made: Made::of(draft, around, standing),
        personless: known.is_none(),
    };
    let person = match draft.kind {
        Kind::Set => Some(wire::SET),
        Kind::SetOnce => Some(wire::SET_ONCE),
        Kind::Event(_) | Kind::GroupIdentify | Kind::Alias => None,
    };
    let person = person.map(|name| (name, parts.merged(PERSON_LAYERS)));
    if person
        .as_ref()
        .is_some_and(|(_, map)| parts.personless || map.is_empty())
    {
        return Err(Refusal::NothingToSet);
    }
    let properties = parts.merged(layers(&draft.kind));
    let own_anonymous;
    let distinct_id = match (known, &around.anonymous) {
        (Some(id), _) => id,
        (None, Some(place)) => place.get_or_init(anonymous_id),
        (None, None) => {
            own_anonymous = anonymous_id();
            &own_anonymous
        }
    };
    // What is a client's own says which client it is.
    let owner = std::ptr::from_ref(standing.library).addr();
    let (json, places) = blocks::keep(owner, |json| {
        write(draft, distinct_id, person.as_ref(), &properties, json)
    });
    Ok(Event::sealed(draft.kind.name(), &draft.uuid, json, places))
}

/// Layers that are made for one event.
struct Made {
    groups: Properties,
    session: Properties,
    release: Properties,
}

impl Made {
    fn of(draft: &Draft, around: &Surroundings, standing: &Standing<'_>) -> Self {
        let groups = draft.groups.as_ref().filter(|groups| !groups.is_empty());
        Self {
            groups: one(wire::GROUPS, groups),
            session: text(wire::SESSION_ID, around.session_id.as_deref()),
            release: text(wire::RELEASE_ID, standing.release_id),
        }
    }
}

/// A layer of one text, or of none where there is no text.
fn text(name: &str, text: Option<&str>) -> Properties {
    match text {
        None | Some("") => Properties::new(),
        Some(text) => Properties::of_text(name, text),
    }
}

/// A layer of one property, or of none.
fn one(name: &str, value: Option<&impl Serialize>) -> Properties {
    let mut properties = Properties::new();
    if let Some(value) = value {
        properties.insert(name, value);
    }
    properties
}

/// The pieces that the layers are made of.
struct Parts<'a> {
    draft: &'a Draft,
    around: &'a Surroundings,
    standing: &'a Standing<'a>,
    made: Made,
    personless: bool,
}

impl Parts<'_> {
    fn merged(&self, layers: &[Layer]) -> Merged<'_> {
        Merged::of(layers.iter().filter_map(|layer| self.layer(*layer)))
    }

    fn layer(&self, layer: Layer) -> Option<&Properties> {
        static IS_SERVER: LazyLock<Properties> =
            LazyLock::new(|| one(wire::IS_SERVER, Some(&true)));
        static NO_GEOIP: LazyLock<Properties> =
            LazyLock::new(|| one(wire::GEOIP_DISABLE, Some(&true)));
        static NO_PERSON: LazyLock<Properties> =
            LazyLock::new(|| one(wire::PERSON_PROFILE, Some(&false)));
        let Self {
            draft,
            around,
            standing,
            made,
            personless,
        } = self;
        match layer {
            IsServer => standing.is_server.then_some(&*IS_SERVER),
            Super => standing.super_properties,
            Library => Some(standing.library),
            Geoip => draft
                .disable_geoip
                .unwrap_or(standing.disable_geoip)
                .then_some(&*NO_GEOIP),
            Groups => Some(&made.groups),
            ContextTags => around.tags.as_ref().map(|tags| tags.names()),
            System => Some(standing.system),
            Own => Some(&draft.properties),
            Tags => around.tags.as_ref().map(|tags| tags.properties()),
            Session => Some(&made.session),
            Personless => personless.then_some(&*NO_PERSON),
            Release => Some(&made.release),
        }
    }
}

fn write(
    draft: &Draft,
    distinct_id: &str,
    person: Option<&(&'static str, Merged<'_>)>,
    properties: &Merged<'_>,
    json: &mut Vec<u8>,
) -> wire::Places {
    let envelope = wire::Envelope {
        name: draft.kind.name(),
        distinct_id,
        timestamp: draft.timestamp,
        uuid: &draft.uuid,
        person: person.map(|(name, map)| (*name, map)),
        properties,
    };
    let room = wire::MAX_EVENT_BYTES.saturating_sub(envelope.frame_bytes());
    let person_bytes = person.map_or(0, |(_, map)| map.bytes());
    if properties.bytes() + person_bytes <= room {
        return wire::write_event(&envelope, json);
    }
    // Rare, and then the time it takes does not matter: both maps are copied and cut, the person's to half of the room.
    let mut small = properties.to_properties();
    let mut small_person = person.map(|(name, map)| (*name, map.to_properties()));
    if let Some((_, map)) = &mut small_person {
        fit(map, room / 2);
    }
    let taken = small_person
        .as_ref()
        .map_or(0, |(_, map)| map.written_bytes());
    fit(&mut small, room.saturating_sub(taken));
    let small_person = small_person
        .as_ref()
        .map(|(name, map)| (*name, Merged::of(std::iter::once(map))));
    let small = wire::Envelope {
        person: small_person.as_ref().map(|(name, map)| (*name, map)),
        properties: &Merged::of(std::iter::once(&small)),
        ..envelope
    };
    wire::write_event(&small, json)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::timestamp::Timestamp;

    fn map(pairs: &[(&str, &str)]) -> Properties {
        let mut properties = Properties::new();
        for (name, value) in pairs {
            properties.insert(name, value);
        }
        properties
    }

    fn draft(kind: Kind, own: &[(&str, &str)]) -> Draft {
        let mut draft = Draft::new(
            kind,
            "5f0d6f3e-8f2b-4c55-9f0e-3a4f7c1b2d10",
            Timestamp::from_unix_time(Duration::ZERO),
        );
        draft.properties = map(own);
        draft
    }

    /// Seals with every layer saying which one it is under the name `who`.
    fn sealed(
        draft: &Draft,
        around: &Surroundings,
        super_properties: Option<&Properties>,
    ) -> Option<Value> {
        let (library, system) = (
            map(&[("$lib", "test")]),
            map(&[("$os", "Linux"), ("system", "system")]),
        );
        let standing = Standing {
            library: &library,
            system: &system,
            super_properties,
            release_id: Some("r1"),
            is_server: true,
            disable_geoip: true,
        };
        let event = seal(draft, around, &standing, || "anonymous".into()).ok()?;
        serde_json::from_slice(event.json()).ok()
    }

    fn named() -> Kind {
        Kind::Event("order placed".into())
    }

    fn in_context(tags: &[(&str, &str)]) -> Surroundings {
        Surroundings {
            distinct_id: Some("user-7".into()),
            session_id: Some("visit".into()),
            tags: Some(Arc::new(map(tags).into())),
            anonymous: None,
        }
    }

    #[test]
    fn an_event_carries_every_layer() {
        let event = sealed(
            &draft(named(), &[("total", "12")]),
            &in_context(&[("plan", "pro")]),
            None,
        )
        .unwrap();
        assert_eq!(
            event,
            json!({
                "event": "order placed", "distinct_id": "user-7", "timestamp": "1970-01-01T00:00:00+00:00",
                "uuid": "5f0d6f3e-8f2b-4c55-9f0e-3a4f7c1b2d10",
                "properties": {
                    "$is_server": true, "$lib": "test", "$geoip_disable": true, "$context_tags": ["plan"],
                    "$os": "Linux", "system": "system", "total": "12", "plan": "pro", "$session_id": "visit",
                    "$release_id": "r1",
                },
            })
        );
    }

    #[test]
    fn an_event_knows_its_name_and_its_id_however_json_has_them() {
        for name in ["order placed", "caf\u{e9} \u{1f6d2}", "a \"b\"\n", "\\", ""] {
            for uuid in ["5F0D6F3E8F2B4C559F0E3A4F7C1B2D10", "{\"}"] {
                for own in [&[][..], &[("body", &*"x".repeat(wire::MAX_EVENT_BYTES))]] {
                    let mut draft = draft(Kind::Event(name.into()), own);
                    draft.uuid = uuid.into();
                    let (library, system) = (Properties::new(), Properties::new());
                    let standing = Standing {
                        library: &library,
                        system: &system,
                        super_properties: None,
                        release_id: None,
                        is_server: false,
                        disable_geoip: false,
                    };
                    let nobody = Surroundings::default();
                    let event = seal(&draft, &nobody, &standing, || "\"".into()).unwrap();
                    assert_eq!((event.name(), event.uuid()), (name, uuid));
                    let json: Value = serde_json::from_slice(event.json()).unwrap();
                    assert_eq!(
                        (&json["event"], &json["uuid"]),
                        (&name.into(), &uuid.into())
                    );
                }
            }
        }
    }

    #[test]
    fn the_higher_layer_wins_for_every_pair_of_neighbours() {
        let own = [
            ("system", "own"),
            ("tag", "own"),
            ("$session_id", "own"),
            ("super", "own"),
            ("$context_tags", "own"),
        ];
        let tags = [
            ("tag", "tag"),
            ("$session_id", "tag"),
            ("super", "tag"),
            ("plan", "tag"),
        ];
        let event = sealed(
            &draft(named(), &own),
            &in_context(&tags),
            Some(&map(&[("super", "super"), ("$lib", "mine")])),
        );
        let properties = &event.unwrap()["properties"];
        assert_eq!(
            properties["system"], "system",
            "system context over the caller's"
        );
        assert_eq!(properties["tag"], "own", "the caller's over tags");
        assert_eq!(
            properties["$session_id"], "own",
            "the caller's over the context's session"
        );
        assert_eq!(properties["super"], "super", "super properties over all");
        assert_eq!(
            properties["$lib"], "mine",
            "super properties over the library's name"
        );
        assert_eq!(
            properties["$context_tags"],
            json!(["tag", "$session_id", "super", "plan"])
        );
    }

    #[test]
    fn without_an_id_the_event_is_personless_unless_the_caller_decided() {
        let event = sealed(&draft(named(), &[]), &Surroundings::default(), None).unwrap();
        assert_eq!(event["distinct_id"], "anonymous");
        assert_eq!(event["properties"]["$process_person_profile"], false);
        assert_eq!(event["properties"].get("$context_tags"), None);
        let event = sealed(
            &draft(named(), &[("$process_person_profile", "mine")]),
            &Surroundings::default(),
            None,
        );
        assert_eq!(
            event.unwrap()["properties"]["$process_person_profile"],
            "mine"
        );
    }

    #[test]
    fn an_explicit_id_wins_over_the_contexts_and_an_empty_one_does_not_count() {
        let mut explicit = draft(named(), &[]);
        explicit.distinct_id = Some("explicit".into());
        assert_eq!(
            sealed(&explicit, &in_context(&[]), None).unwrap()["distinct_id"],
            "explicit"
        );
        explicit.distinct_id = Some(String::new());
        assert_eq!(
            sealed(&explicit, &in_context(&[]), None).unwrap()["distinct_id"],
            "user-7"
        );
    }

    #[test]
    fn a_persons_properties_carry_tags_inside_and_only_the_library_outside() {
        let event = sealed(
            &draft(Kind::Set, &[("name", "Ada")]),
            &in_context(&[("plan", "pro")]),
            None,
        )
        .unwrap();
        assert_eq!(
            event["$set"],
            json!({"$context_tags": ["plan"], "name": "Ada", "plan": "pro", "$session_id": "visit"})
        );
        assert_eq!(
            event["properties"],
            json!({"$is_server": true, "$lib": "test", "$geoip_disable": true, "$release_id": "r1"})
        );
    }

    #[test]
    fn a_persons_properties_need_a_person_and_properties() {
        let nobody = Surroundings::default();
        assert_eq!(
            sealed(&draft(Kind::Set, &[("name", "Ada")]), &nobody, None),
            None
        );
        let mut empty = draft(Kind::SetOnce, &[]);
        empty.distinct_id = Some("user-7".into());
        assert_eq!(sealed(&empty, &nobody, None), None);
    }

    #[test]
    fn an_event_that_is_too_large_is_cut_and_says_where() {
        let long = "é".repeat(wire::MAX_EVENT_BYTES);
        let event = sealed(
            &draft(named(), &[("body", &long), ("total", "12")]),
            &in_context(&[]),
            None,
        )
        .unwrap();
        assert_eq!(event["properties"]["$truncated"], json!(["body"]));
        assert_eq!(event["properties"]["total"], "12");
        let bytes = serde_json::to_vec(&event).unwrap().len();
        assert!(
            bytes <= wire::MAX_EVENT_BYTES && bytes > wire::MAX_EVENT_BYTES / 2,
            "{bytes}"
        );
    }
}
